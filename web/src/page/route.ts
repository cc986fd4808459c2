// Which screen is shown is what stands behind # in the address, so that "back" goes back.

import { signal } from "@preact/signals";
import { isHandLink, unescaped } from "../table/hand_text.ts";

export type Route = { screen: "start" } | { screen: "table" } | { screen: "review"; link: string };

export const route = signal<Route>(routeOf(location.hash));

export function routeOf(hash: string): Route {
  const link = unescaped(hash);
  if (isHandLink(link)) return { screen: "review", link };
  return hash === "#table" ? { screen: "table" } : { screen: "start" };
}

export function goTo(hash: string): void {
  if (hash === location.hash) return;
  if (hash === "") history.pushState(null, "", location.pathname + location.search);
  else location.hash = hash;
  route.value = routeOf(hash);
}

export function watchRoute(): void {
  const update = () => (route.value = routeOf(location.hash));
  addEventListener("hashchange", update);
  addEventListener("popstate", update);
  // It may have changed while the page was loading.
  update();
}
