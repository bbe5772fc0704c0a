// The page and the network, in German: what waits to be sent, and what opens without a connection.

export const offline = {
  newer: {
    ready: "Eine neue Version von TaskFlow ist da.",
    reload: "Neu laden",
  },
};
