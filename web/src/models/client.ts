import type { NetworkPlayer } from "../engine/levels.ts";
export async function startNetwork(_base: string): Promise<NetworkPlayer & { close(): void }> { throw new Error("not yet"); }
