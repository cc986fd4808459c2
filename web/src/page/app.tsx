// Which screen is shown, and what lies over all of them.

import { useEffect } from "preact/hooks";
import { heard, toast } from "./news.ts";
import { route } from "./route.ts";
import * as session from "./session.ts";
import { TileInks } from "./parts/domino.tsx";
import { Icon } from "./parts/icons.tsx";
import { closeSettings, openSettings, SettingsDialog } from "./parts/settings_dialog.tsx";
import { ReviewScreen } from "./screens/review.tsx";
import { StartScreen } from "./screens/start.tsx";
import { TableScreen } from "./screens/table.tsx";

export function App() {
  return (
    <>
      <TileInks />
      <Screen />
      <SettingsDialog />
      <Trouble />
      <Toast />
      <div class="unseen" role="log" aria-live="polite" aria-label="What happens" id="heard">{heard.value}</div>
    </>
  );
}

function Screen() {
  const at = route.value;
  // A dialog belongs to the screen that it was opened on.
  useEffect(closeSettings, [at]);
  if (at.screen === "review") return <ReviewScreen link={at.link} />;
  return at.screen === "table" && session.match.value !== null ? <TableScreen /> : <StartScreen />;
}

/** On the table it stands over the hand. */
function Toast() {
  if (toast.value === null || (route.value.screen === "table" && session.match.value !== null)) return null;
  return <div class="toast">{toast.value}</div>;
}

function Trouble() {
  const why = session.trouble.value;
  if (why === null) return null;
  return (
    <div class="trouble" role="alert">
      <p>{why}</p>
      <button type="button" class="button" onClick={openSettings}>Levels</button>
      <button type="button" class="button quiet icon" aria-label="Dismiss" onClick={() => (session.trouble.value = null)}>
        <Icon name="close" />
      </button>
    </div>
  );
}
