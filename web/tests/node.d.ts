// What the tests take of node, so that its other types stay out of the page.

declare module "node:fs" {
  export function readFileSync(path: string | URL): Uint8Array;
  export function readFileSync(path: string | URL, encoding: "utf8"): string;
}

declare module "node:worker_threads" {
  interface Ends {
    on(event: string, listener: (value: any) => void): void;
    postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
  }
  export class Worker implements Ends {
    constructor(file: URL);
    on(event: string, listener: (value: any) => void): void;
    postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
    terminate(): Promise<number>;
    unref(): void;
  }
  export const parentPort: Ends;
}

declare const process: { env: Readonly<Record<string, string | undefined>> };
