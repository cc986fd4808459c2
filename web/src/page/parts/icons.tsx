// Small marks on buttons, drawn with strokes; what holds them says what they do.

const PATHS = {
  advice: "M9 18h6M10 21h4M12 3a6 6 0 0 1 3.6 10.8c-.7.6-1.1 1.3-1.1 2.2h-5c0-.9-.4-1.6-1.1-2.2A6 6 0 0 1 12 3z",
  tricks: "M4 5h16M4 12h16M4 19h10",
  last: "M3 12a9 9 0 1 0 3-6.7L3 8M3 3v5h5M12 7v5l3 2",
  undo: "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5",
  close: "M6 6l12 12M18 6 6 18",
  home: "M4 11l8-7 8 7M6 9.5V20h12V9.5",
  keys: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M7 14h10",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.6 1.6M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.6-1.6",
  next: "M9 5l7 7-7 7",
  back: "M15 5l-7 7 7 7",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon-mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

// The seven strokes of the word ALL, in the order they are chalked up.
const ALL = ["M2 22 9 2", "M9 2l7 20", "M4.8 15h8.4", "M22 2v20", "M22 22h9", "M37 2v20", "M37 22h9"];

/** Marks of a side as a table chalks them up: the strokes of ALL for seven, plain strokes else. */
export function Tally({ marks, toWin }: { marks: number; toWin: number }) {
  const strokes = toWin === ALL.length ? ALL : Array.from({ length: toWin }, (_, i) => `M${3 + 8 * i} 2v20`);
  return (
    <svg class="tally" viewBox={`0 0 ${toWin === ALL.length ? 48 : 8 * toWin} 24`} aria-hidden="true" focusable="false">
      {strokes.map((d, i) => (
        <path d={d} class={i < marks ? "chalked" : ""} />
      ))}
    </svg>
  );
}
