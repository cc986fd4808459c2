// Settings: what holds now and from now on.

import { signal } from "@preact/signals";
import { change, MOTIONS, settings, SPEEDS, TAPS, THEMES } from "../settings.ts";
import { Choices } from "./choices.tsx";
import { Dialog } from "./dialog.tsx";
import { LevelChoices } from "./levels.tsx";

const isOpen = signal(false);

export function closeSettings(): void {
  isOpen.value = false;
}

export function openSettings(): void {
  isOpen.value = true;
}

const THEME_NAMES = { auto: "as the system", light: "light", dark: "dark" } as const;
const SPEED_NAMES = { slow: "slow", normal: "normal", fast: "fast", instant: "at once" } as const;
const MOTION_NAMES = { auto: "as the system", full: "yes", reduced: "no" } as const;
const TAP_NAMES = { one: "one tap", two: "two taps" } as const;

export function SettingsDialog() {
  if (!isOpen.value) return null;
  const now = settings.value;
  return (
    <Dialog title="Settings" onClose={closeSettings}>
      <section>
        <h3 class="small muted">Who plays</h3>
        <LevelChoices />
      </section>
      <Choices name="speed" legend="Speed of the others' play" value={now.speed}
        options={SPEEDS.map((each) => [each, SPEED_NAMES[each]] as const)} onChange={(speed) => change({ speed })} />
      <Choices name="taps" legend="A domino is played by" value={now.taps}
        options={TAPS.map((each) => [each, TAP_NAMES[each]] as const)} onChange={(taps) => change({ taps })} />
      <Choices name="theme" legend="Colours" value={now.theme}
        options={THEMES.map((each) => [each, THEME_NAMES[each]] as const)} onChange={(theme) => change({ theme })} />
      <Choices name="motion" legend="Dominoes move" value={now.motion}
        options={MOTIONS.map((each) => [each, MOTION_NAMES[each]] as const)} onChange={(motion) => change({ motion })} />
    </Dialog>
  );
}
