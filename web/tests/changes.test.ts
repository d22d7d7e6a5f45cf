import { expect, test } from "vitest";
import { changesOf } from "../src/joint/changes";
import type { Joint, Side } from "../src/joint/joint";
import { zones } from "../src/shell/zones";

zones.set({ home: "Asia/Shanghai", of: {} });

function side(agency: string, changed: Partial<Side> = {}): Side {
  return {
    agency,
    state: "delivered",
    since: "2026-05-28T19:12:40Z",
    deadline: null,
    actions: [],
    unit: null,
    note: null,
    outcome: null,
    static_gross_kg: null,
    scale_certificate: null,
    unloaded_kg: null,
    document_number: null,
    ...changed,
  };
}

function joint(changed: Partial<Joint> = {}): Joint {
  return {
    id: "a1b2c3d4e5f60718",
    version: 3,
    time: "2026-05-28T19:12:40Z",
    intercept: "a1b2c3d4e5f60718",
    trigger: "refused",
    completion: "all",
    status: "open",
    from_agency: "road",
    to_agency: "police",
    sides: [side("road"), side("police")],
    escalated_at: null,
    proposed_at: "2026-05-28T19:12:40Z",
    plate: "苏A12345",
    plate_colour: 1,
    corridor: "G104",
    site: "G104-K012",
    chainage_km: 12.4,
    gross_kg: 61_000,
    limit_high_kg: 26_000,
    seen_at: "2026-05-28T19:12:40Z",
    excess_kg: 35_000,
    ...changed,
  };
}

test("each side's news are told: its step, its unit, what it weighed", () => {
  const police = side("police", { state: "on_scene", unit: "jiaojing-3" });
  const road = side("road", { state: "done", static_gross_kg: 60_420, outcome: "confirmed" });
  expect(changesOf(joint(), joint({ sides: [road, police] }))).toEqual([
    "路政 已送達 → 完成",
    "路政 處理結果 確認超限",
    "路政 磅單：總重（公斤） 60.42 t",
    "公安 已送達 → 在現場",
    "公安 派出單位 jiaojing-3",
  ]);
});

test("an end and an escalation are told", () => {
  const now = joint({ status: "cancelled", escalated_at: "2026-05-28T19:15:00Z" });
  expect(changesOf(joint(), now)).toEqual(["進行中 → 已撤回", "03:15:00 已通知雙方值班室"]);
});

test("where the truck was seen since, and how heavy, is told", () => {
  const now = joint({ chainage_km: 58.2, seen_at: "2026-05-28T19:40:00Z", gross_kg: 62_000 });
  expect(changesOf(joint({ gross_kg: 61_000 }), now)).toEqual(["G104 km 58.2 03:40:00", "61.00 t → 62.00 t"]);
});

test("where nothing that is shown is different, that is said", () => {
  expect(changesOf(joint(), joint({ version: 4 }))).toEqual(["看得到的內容沒有變"]);
});
