/** Waiting for a browser on this machine, whatever the environment a login goes through. */
export { type ListenPlace, type LoopbackListener, listenOnLoopback, type PageAnswer } from '../host/loopback-listener.ts';
