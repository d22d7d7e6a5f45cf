import { useEffect, useState } from "preact/hooks";

/** A value that is told to whoever watches it. */
export interface Cell<T> {
  get(): T;
  set(value: T): void;
  watch(told: (value: T) => void): () => void;
}

export function cell<T>(first: T): Cell<T> {
  let value = first;
  const watchers = new Set<(value: T) => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const told of [...watchers]) told(next);
    },
    watch(told) {
      watchers.add(told);
      return () => watchers.delete(told);
    },
  };
}

/** The value of a cell, drawn anew whenever it changes. */
export function useCell<T>(watched: Cell<T>): T {
  const [value, setValue] = useState(watched.get());
  useEffect(() => {
    setValue(() => watched.get());
    return watched.watch((next) => setValue(() => next));
  }, [watched]);
  return value;
}
