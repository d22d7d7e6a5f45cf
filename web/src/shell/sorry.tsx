import { say } from "./words";

/** Says what went wrong and what to do, where there is no page to say it on. */
export function Sorry({ title, detail }: { title: string; detail: string }) {
  return (
    <main class="sorry">
      <h1>{title}</h1>
      <p>{detail}</p>
      <p>
        <a class="button primary" href="/">
          {say("sorry.again")}
        </a>
      </p>
    </main>
  );
}
