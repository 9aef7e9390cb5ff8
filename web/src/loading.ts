// Reads the data that a part of the page shows, and reads it again when there is news about it.

import { useEffect, useMemo, useState } from "preact/hooks";
import { type Answers, messageOf, type Path, read } from "./requests";
import { type News, onNews } from "./events";
import { Rhythm } from "./rhythm";

export interface Loaded<Value> {
  // The value read last; it is kept if a later read fails.
  value: Value | undefined;
  error: string;
  reload: () => void;
}

// The minimum pause between reads, however much news arrives.
const pauseMilliseconds = 1000;

export type Concerns = (news: News) => boolean;

export const onlyEverything: Concerns = (news) => news.kind === "everything";

// Values read before the page is drawn for the first time, so that the first drawing has them.
const early = new Map<string, unknown>();

// The first reader of this path gets the value. Errors are ignored: that reader reads the path again. A late answer
// is dropped: it may be outdated when it is used.
export async function readEarly(path: Path<keyof Answers>, longestWait: number): Promise<void> {
  let isLate = false;
  const reading = read(path).then(
    (value) => {
      if (!isLate) early.set(path, value);
    },
    () => {},
  );
  await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, longestWait))]);
  isLate = true;
}

interface State<Value> {
  path: string;
  value: Value | undefined;
  error: string;
}

// The value of a previous path is not shown. `path` undefined: nothing is read.
export function useLoaded<Name extends keyof Answers>(path: Path<Name> | undefined, concerns: Concerns): Loaded<Answers[Name]> {
  type Value = Answers[Name];
  const [state, setState] = useState<State<Value>>(() =>
    path !== undefined && early.has(path)
      ? { path, value: early.get(path) as Value, error: "" }
      : { path: "", value: undefined, error: "" });

  const rhythm = useMemo(() => {
    if (path === undefined) return undefined;
    const cancel = new AbortController();
    const work = async (): Promise<void> => {
      try {
        const value = await read(path, cancel.signal);
        if (!cancel.signal.aborted) setState({ path, value, error: "" });
      } catch (error) {
        if (cancel.signal.aborted) return;
        const text = messageOf(error);
        setState((before) => ({ path, value: before.path === path ? before.value : undefined, error: text }));
      }
    };
    return { asked: new Rhythm(work, pauseMilliseconds), cancel };
  }, [path]);

  useEffect(() => {
    if (!rhythm || path === undefined) return;
    if (!early.delete(path)) rhythm.asked.ask();
    const stopListening = onNews((news) => {
      if (concerns(news)) rhythm.asked.ask();
    });
    return () => {
      stopListening();
      rhythm.asked.stop();
      rhythm.cancel.abort();
    };
  }, [rhythm, path]);

  const isCurrent = state.path === path;
  return {
    value: isCurrent ? state.value : undefined,
    error: isCurrent ? state.error : "",
    reload: () => rhythm?.asked.ask(),
  };
}
