// The requests of the pages to the server.

import type { Answers, Envelope as Answer, InstanceKey } from "./api";

export type * from "./api";
export type {
  Cluster as ClusterInfo,
  Envelope as Answer,
  MoveVerdict as Verdict,
  OptionalNumber as NullableNumber,
  ReplicationChannel as Channel,
  UnfinishedOperation as Unfinished,
} from "./api";

function isAnswer(given: unknown): given is Answer {
  return typeof given === "object" && given !== null && "Code" in given && "Message" in given;
}

export const keyText = (key: InstanceKey): string => `${key.Hostname}:${key.Port}`;

// A path below api/, of the routes with this name.
export type Path<Name extends string = string> = string & { readonly route?: Name };

// The segments may contain any characters.
export const apiPath = <Name extends string>(name: Name, ...segments: (string | number)[]): Path<Name> =>
  [name, ...segments].map(encodeURIComponent).join("/") as Path<Name>;

export const instancePath = <Name extends string>(name: Name, key: InstanceKey, ...more: (string | number)[]): Path<Name> =>
  apiPath(name, key.Hostname, key.Port, ...more);

export function withQuery<Name extends string>(path: Path<Name>, query: Record<string, string>): Path<Name> {
  const text = new URLSearchParams(query).toString();
  return (text === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${text}`) as Path<Name>;
}

// The page may be served below any path of its host; the API is next to it.
export const apiAddress = (path: string): URL => new URL(`api/${path}`, document.baseURI);

// The number of running requests; the navigation bar shows that the page is waiting.
let running = 0;
let tellRunning: (count: number) => void = () => {};
export function onRequests(tell: (count: number) => void): void {
  tellRunning = tell;
}

// Is called with each answer before it is used.
let noteAnswer: (answer: unknown) => void = () => {};
export function onAnswers(note: (answer: unknown) => void): void {
  noteAnswer = note;
}

// The server accepts changes only from its own pages. This header identifies them: pages of other sites cannot send it.
const headers = { Accept: "application/json", "X-Requested-With": "orchestrator" };

async function request(path: string, signal?: AbortSignal): Promise<{ response: Response; answer: unknown }> {
  tellRunning(++running);
  try {
    const response = await fetch(apiAddress(path), { headers, signal: signal ?? null });
    const answer: unknown = await response.json().catch(() => undefined);
    noteAnswer(answer);
    return { response, answer };
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error("The server cannot be reached. Is it running, and is the network there?");
  } finally {
    tellRunning(--running);
  }
}

function refusalOf(path: string, response: Response, answer: unknown): Error | undefined {
  if (isAnswer(answer) && answer.Code !== "OK") return new Error(answer.Message);
  if (response.status === 401) return new Error("The server asks for a user and a password.");
  if (!response.ok || answer === undefined) {
    return new Error(`The server answered ${response.status} ${response.statusText} to api/${path}`.trim());
  }
  return undefined;
}

// Reads data, bare or in an envelope. Throws the server's message if the server refuses.
export async function read<Name extends keyof Answers>(path: Path<Name>, signal?: AbortSignal): Promise<Answers[Name]> {
  const { response, answer } = await request(path, signal);
  const refusal = refusalOf(path, response, answer);
  if (refusal) throw refusal;
  return (isAnswer(answer) ? answer.Details : answer) as Answers[Name];
}

// Requests an action. Returns the answer, with the message to show; throws as `read` does.
export async function act(path: string): Promise<Answer> {
  const { response, answer } = await request(path);
  const refusal = refusalOf(path, response, answer);
  if (refusal) throw refusal;
  return isAnswer(answer) ? answer : { Code: "OK", Message: "Done", Details: answer };
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
