// The second click of a double click does not fall on what has come in the place of the first.

/** From now on, on all screens. */
export function watchClicks(): void {
  let last: Element | null = null;
  const onClick = (event: MouseEvent) => {
    const target = (event.target as Element | null)?.closest("button, a, label, input, select") ?? null;
    // The browser counts clicks that come together; those of the keyboard are none.
    if (event.detail > 1 && target !== last) {
      event.stopPropagation();
      event.preventDefault();
    } else last = target;
  };
  document.addEventListener("click", onClick, { capture: true });
}
