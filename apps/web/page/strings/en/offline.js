// The page and the network, in English: what waits to be sent, and what opens without a connection.

export const offline = {
  newer: {
    ready: "A new version of TaskFlow is ready.",
    reload: "Reload",
  },
};
