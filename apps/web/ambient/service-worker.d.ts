// What the service worker uses of its scope. TypeScript's own types of it (lib webworker) and those of a page (lib dom)
// cannot stand side by side.

export interface LifeEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

export interface FetchEvent extends LifeEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

export interface NotificationClick extends LifeEvent {
  readonly action: string;
  readonly notification: Notification;
}

export interface WorkerMessage extends LifeEvent {
  readonly data: { kind?: string } | null;
  readonly ports: readonly MessagePort[];
}

export interface PageClient {
  readonly url: string;
  focus(): Promise<PageClient>;
  postMessage(message: unknown): void;
}

export interface WorkerScope {
  readonly location: Location;
  readonly registration: ServiceWorkerRegistration;
  readonly clients: {
    matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<PageClient[]>;
    openWindow(url: string): Promise<PageClient | null>;
  };
  skipWaiting(): Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: each listener names its event.
  addEventListener(name: string, listener: (event: any) => void): void;
}
