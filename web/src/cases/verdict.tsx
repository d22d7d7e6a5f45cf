import { date, excess, listing, NOTHING, probability, tonnes } from "../shell/format";
import { Icon } from "../shell/icons";
import type { Violation } from "../shell/messages";
import { language, say, sayOf } from "../shell/words";
import { Fact } from "./page-case";
import type { Step, Verdict } from "./story";

/** Why this truck is said to be too heavy, and how sure that is: what a driver who disputes it may read. */
export function VerdictOf({ violation, verdict }: { violation: Violation; verdict: Verdict | null }) {
  if (!verdict) return <p class="dim">{say("verdict.unknown")}</p>;
  const { certificate } = verdict;
  return (
    <section class="verdict">
      <h3>{say("verdict.title")}</h3>
      <dl class="facts-of">
        <Fact name={say("verdict.rule")} value={`${verdict.rule_set} · ${verdict.rule}`} />
        <Fact name={say("verdict.clause")} value={clauseOf(verdict) ?? NOTHING} />
        <Fact name={say("verdict.limit")} value={limits(verdict)} />
        <Fact name={say("verdict.excess_low")} value={`${excess(verdict.excess_low_kg)} t`} />
        <Fact name={say("card.p_over")} value={probability(verdict.p_over)} />
        <Fact name={say("verdict.sigma")} value={`${verdict.sigma_percent.toFixed(2)} %`} />
        <Fact name={say("verdict.tolerance")} value={`${verdict.tolerance_percent} %`} />
        <Fact
          name={say("verdict.calibration")}
          value={verdict.calibration ? String(verdict.calibration) : say("verdict.no_calibration")}
        />
        <Fact
          name={say("verdict.certificate")}
          value={
            certificate
              ? say("verdict.certificate_of", {
                  number: certificate.number,
                  percent: certificate.class_percent,
                  until: date(certificate.until, violation.corridor, violation.passage.site),
                })
              : say("verdict.no_certificate")
          }
        />
        <Fact name={say("verdict.grade")} value={sayOf("grade", violation.grade)} />
        <Fact name={say("verdict.flags")} value={flagsOf(violation)} />
        <Fact name={say("case.permit")} value={violation.permit} />
      </dl>
      <p class={verdict.agrees ? "within" : "problem"}>
        <Icon name={verdict.agrees ? "check" : "alert"} size={18} />{" "}
        {verdict.agrees ? say("verdict.agrees") : say("verdict.differs", { fields: verdict.differs.join(", ") })}
      </p>
      <ol class="steps">
        {verdict.steps.map((step) => (
          <StepOf key={step.name} step={step} words={wordsOf(step)} />
        ))}
      </ol>
    </section>
  );
}

/** As the rule set has it in the reader's language; one of a province may have it in one only. */
function clauseOf(of: Step | Verdict): string | null {
  return language.get() === "en" ? of.clause : (of.clause_zh ?? of.clause);
}

function flagsOf({ flags }: Violation): string {
  return flags.length ? listing(flags.map((one) => sayOf("flag", one))) : say("verdict.no_flags");
}

/** The server's words; flags and grade, which it has as the records name them, in the reader's. */
function wordsOf(step: Step): string {
  const words = language.get() === "en" ? step.en : step.zh;
  if (step.name !== "flags") return words;
  return words.replace(/[A-Z][A-Z_]+/g, (flag) => sayOf("flag", flag)).replace(/[a-z]+$/, (one) => sayOf("grade", one));
}

function StepOf({ step, words }: { step: Step; words: string }) {
  const source = [clauseOf(step), step.source, step.date].filter(Boolean).join(" · ");
  return (
    <li>
      {words}
      {source && (
        <small class="dim">
          {source}
          {step.verified === false && ` · ${say("verdict.unverified")}`}
        </small>
      )}
    </li>
  );
}

function limits(verdict: Verdict): string {
  const { limit_low_kg, limit_high_kg } = verdict;
  return limit_low_kg === limit_high_kg
    ? `${tonnes(limit_high_kg)} t`
    : `${tonnes(limit_low_kg)} – ${tonnes(limit_high_kg)} t`;
}
