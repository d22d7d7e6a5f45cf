import { useState } from "preact/hooks";
import { useCell } from "../shell/cell";
import { Icon } from "../shell/icons";
import { say } from "../shell/words";
import { Sheet } from "../squad/sheet";
import { mute, muted, sound, sounding } from "./sound";

/** Sound on or off, and which sites may ring. */
export function SoundButton({ sites }: { sites: string[] }) {
  const on = useCell(sounding);
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="quiet" onClick={() => (on ? setOpen(true) : void sound(true))}>
        <Icon name={on ? "sound" : "quiet"} />
        <span class="label">{say(on ? "sound.on" : "sound.off")}</span>
      </button>
      {open && <Sites sites={sites} close={() => setOpen(false)} />}
    </>
  );
}

function Sites({ sites, close }: { sites: string[]; close: () => void }) {
  const quiet = useCell(muted);
  return (
    <Sheet title={say("sound.title")} close={close}>
      <ul class="ringing">
        {sites.map((site) => (
          <li key={site}>
            <label>
              <input
                type="checkbox"
                checked={!quiet.has(site)}
                onChange={(event) => mute(site, !event.currentTarget.checked)}
              />
              {site}
            </label>
          </li>
        ))}
      </ul>
      <button
        type="button"
        onClick={() => {
          void sound(false);
          close();
        }}
      >
        <Icon name="quiet" /> {say("sound.all_off")}
      </button>
    </Sheet>
  );
}
