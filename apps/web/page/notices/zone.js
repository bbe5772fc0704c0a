// Asks someone who travels, or never chose a zone, whether this device's is the right one: once per zone.

import * as device from "../device.js";
import { browserZone, wallTime, zoneLabel } from "../domain/zones.js";
import { strings } from "../strings/index.js";

/**
 * @import { Clock } from "../domain/zones.js"
 * @import { Toaster } from "./toaster.js"
 */

/**
 * @param {object} needs
 * @param {Clock} needs.clock
 * @param {Toaster} needs.toaster
 * @param {(zone: string) => unknown} needs.onSwitch takes another zone from now on
 */
export function offerZone({ clock, toaster, onSwitch }) {
  const own = browserZone();
  const alike = wallTime(clock.now(), own).time === wallTime(clock.now(), clock.zone).time;
  if (own === clock.zone || alike || device.get("zone-kept") === own) return;
  toaster.show({
    text: strings.zone.shownFor(zoneLabel(clock.zone)),
    detail: strings.zone.deviceIn(zoneLabel(own)),
    seconds: Number.POSITIVE_INFINITY,
    key: "zone",
    actions: [
      { label: strings.zone.switch, run: () => onSwitch(own) },
      { label: strings.zone.keep, run: () => device.set("zone-kept", own) },
    ],
  });
}
