import { describe, expect, it } from "vitest";
import { isMatter, lateOf, newlyInConflict, newlyLate } from "../src/board/matters";
import type { Joint, Side } from "../src/joint/joint";
import { intercept } from "./made";

const AT = "2026-05-28T19:14:40Z";

function side(agency: string, late_at: string | null = null): Side {
  return { agency, state: "proposed", late_at } as Side;
}

function joint(status: string, ...sides: Side[]): Joint {
  return { id: "0011223344556677", intercept: "a1b2c3d4e5f60718", status, sides } as Joint;
}

describe("what the desk must settle", () => {
  it("is a side that is late, of what is still owed only", () => {
    const late = [side("road"), side("police", AT)];
    expect(lateOf([joint("open", ...late)]).get("a1b2c3d4e5f60718")).toEqual(["police"]);
    expect(lateOf([joint("done", ...late), joint("cancelled", ...late)]).size).toBe(0);
  });

  it("keeps a truck that is over on top", () => {
    const over = intercept({ state: "unloaded" });
    expect(isMatter(over, lateOf([]))).toBe(false);
    expect(isMatter(over, lateOf([joint("open", side("road", AT))]))).toBe(true);
    expect(isMatter({ ...over, conflict: true }, lateOf([]))).toBe(true);
  });

  it("is heard once for each side and each time", () => {
    const before = joint("open", side("road"), side("police", AT));
    expect(newlyLate(before)).toBe(true);
    expect(newlyLate(joint("open", side("road"), side("police", AT)), before)).toBe(false);
    expect(newlyLate(joint("open", side("road", AT), side("police", AT)), before)).toBe(true);
    expect(newlyLate(joint("open", side("road"), side("police", "2026-05-28T20:00:00Z")), before)).toBe(true);
  });

  it("is a conflict that was not known, or another one", () => {
    const before = intercept();
    const first = intercept({ conflict: true, conflict_at: AT });
    expect(newlyInConflict(first, before)).toBe(true);
    expect(newlyInConflict({ ...first, version: 4 }, first)).toBe(false);
    expect(newlyInConflict({ ...first, conflict_at: "2026-05-28T20:00:00Z" }, first)).toBe(true);
    expect(newlyInConflict(intercept(), first)).toBe(false);
  });
});
