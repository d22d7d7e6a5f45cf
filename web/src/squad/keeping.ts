/** What the phone keeps over a night without network: waiting actions, and the last cards. IndexedDB, a few functions of it. */

const NAME = "wim";
const VERSION = 1;

let opening: Promise<IDBDatabase> | null = null;

function database(): Promise<IDBDatabase> {
  opening ??= new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("outbox", { keyPath: "order", autoIncrement: true });
      asked.result.createObjectStore("kept");
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  return opening;
}

type Ask<T> = (store: IDBObjectStore) => IDBRequest<T>;

/** One transaction; done when it is on disk, for what an officer did must outlive the page. */
async function within<T>(name: "outbox" | "kept", mode: IDBTransactionMode, ask: Ask<T>): Promise<T> {
  const transaction = (await database()).transaction(name, mode, { durability: "strict" });
  const asked = ask(transaction.objectStore(name));
  return new Promise((done, failed) => {
    transaction.oncomplete = () => done(asked.result);
    transaction.onerror = () => failed(transaction.error);
    transaction.onabort = () => failed(transaction.error);
  });
}

/** The rows of the outbox, in the order in which they were put there. */
export interface Rows<T> {
  all(): Promise<T[]>;
  /** Puts what `of` makes of all rows, in one transaction, so that no other window's row falls in between. */
  change(of: (rows: T[]) => T[]): Promise<void>;
  remove(order: number): Promise<void>;
}

export function outboxRows<T>(): Rows<T> {
  return {
    all: () => within("outbox", "readonly", (store) => store.getAll() as IDBRequest<T[]>),
    change: async (of) =>
      void (await within("outbox", "readwrite", (store) => {
        const asked = store.getAll() as IDBRequest<T[]>;
        asked.onsuccess = () => {
          for (const row of of(asked.result)) store.put(row);
        };
        return asked;
      })),
    remove: async (order) => void (await within("outbox", "readwrite", (store) => store.delete(order))),
  };
}

export async function keep(name: string, value: unknown): Promise<void> {
  await within("kept", "readwrite", (store) => store.put(value, name));
}

export async function kept<T>(name: string): Promise<T | undefined> {
  return within("kept", "readonly", (store) => store.get(name) as IDBRequest<T | undefined>);
}
