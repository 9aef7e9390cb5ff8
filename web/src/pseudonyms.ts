// Anonymous names for screenshots that are shared: the same name gets the same pseudonym everywhere.

export type Kind = "instance" | "host" | "cluster" | "alias" | "user" | "schema" | "data-centre" | "environment" | "text" | "uuid";

const ipv4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const ipv6 = /^(?=.*:.*:)[0-9a-f:]*(:\d+(\.\d+){3})?$/i;
const domain = /^([a-z0-9_-]+\.)+[a-z]{2,}$/i;
const uuid = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(.*)$/i;
const logFile = /^[^:]*\.(\d{6,})(:\d+)?$/;
const hostAndPort = /^(.*[^:]):(\d{1,5})$/;
const lockPattern = /\bis locked by (.+?) since .+?, for \d+ s at most(?:: (.+))?/s;
const words = /::[0-9a-f:.]+|[\p{L}\p{N}_][\p{L}\p{N}_.:-]*/giu;
const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

const looksLikeHost = (host: string): boolean =>
  ipv4.test(host) || ipv6.test(host) || (!host.includes(":") && /[a-z]/i.test(host));

export class Pseudonyms {
  readonly #numbers = new Map<string, number>();
  readonly #reals = new Map<string, string>();
  readonly #counts = new Map<Kind, number>();
  // Names in answers of the server, which are replaced wherever a text has them.
  readonly #hosts = new Map<string, string>();
  readonly #phrases = new Map<string, Kind>();
  #patterns: { spaced: RegExp | undefined; plain: RegExp | undefined } | undefined;

  // `onNew` is called after each new pseudonym, `onNoted` after each name that texts must not have any more.
  constructor(private readonly onNew: () => void = () => {}, private readonly onNoted: () => void = () => {}) {}

  // Takes a pseudonym that was stored earlier.
  restore(kind: Kind, real: string, number: number): void {
    this.#numbers.set(`${kind} ${real}`, number);
    this.#reals.set(this.#form(kind, number), real);
    this.#counts.set(kind, Math.max(number, this.#counts.get(kind) ?? 0));
  }

  of(kind: Kind, real: string): string {
    if (real === "") return "";
    let number = this.#numbers.get(`${kind} ${real}`);
    if (number === undefined) {
      number = (this.#counts.get(kind) ?? 0) + 1;
      this.restore(kind, real, number);
      this.onNew();
    }
    return this.#form(kind, number);
  }

  // The name behind a pseudonym; undefined: it is unknown here.
  realOf(pseudonym: string): string | undefined {
    return this.#reals.get(pseudonym);
  }

  all(): { kind: Kind; real: string; number: number }[] {
    return [...this.#numbers].map(([name, number]) => {
      const space = name.indexOf(" ");
      return { kind: name.slice(0, space) as Kind, real: name.slice(space + 1), number };
    });
  }

  #form(kind: Kind, number: number): string {
    return kind === "instance" ? `instance-${number}:3306` : `${kind}-${number}`;
  }

  noteHost(host: string): void {
    if (host === "" || this.#hosts.has(host)) return;
    this.#hosts.set(host, host);
    this.onNoted();
    const [first = ""] = host.split(".");
    // Logs and messages use the short name, too.
    if (first !== host && first.length > 1 && /[a-z]/i.test(first) && !this.#hosts.has(first)) this.#hosts.set(first, host);
  }

  notePhrase(kind: Kind, phrase: string): void {
    if (phrase === "" || this.#phrases.has(phrase)) return;
    this.#phrases.set(phrase, kind);
    this.#patterns = undefined;
    this.onNoted();
  }

  // A text in which all known names, and all that look like names of hosts, are replaced.
  text(text: string): string {
    this.#noteOwner(text);
    const { spaced, plain } = this.#patternsNow();
    return this.#outside(spaced, text, (rest) => {
      let kept = "";
      let result = "";
      let end = 0;
      const flush = (): void => {
        result += this.#outside(plain, kept, (same) => same);
        kept = "";
      };
      for (const found of rest.matchAll(words)) {
        const word = found[0].replace(/[.:-]+$/, "");
        const replaced = this.#word(word);
        kept += rest.slice(end, found.index);
        end = found.index + word.length;
        if (replaced === undefined) {
          kept += word;
        } else {
          flush();
          result += replaced;
        }
      }
      kept += rest.slice(end);
      flush();
      return result;
    });
  }

  // The owner and the reason of a lock in a refusal; the lock may be over.
  #noteOwner(text: string): void {
    const [, owner, reason] = lockPattern.exec(text) ?? [];
    this.notePhrase("user", owner ?? "");
    this.notePhrase("text", reason ?? "");
  }

  // Replaces the phrases that the pattern matches, and converts the text between them.
  #outside(pattern: RegExp | undefined, text: string, convert: (rest: string) => string): string {
    if (!pattern) return convert(text);
    return text.split(pattern).map((part, at) => (at % 2 === 0 ? convert(part) : this.of(this.#phrases.get(part)!, part))).join("");
  }

  #patternsNow(): { spaced: RegExp | undefined; plain: RegExp | undefined } {
    const pattern = (phrases: string[]): RegExp | undefined =>
      phrases.length === 0 ? undefined : new RegExp(
        `(?<![\\p{L}\\p{N}])(${phrases.sort((a, b) => b.length - a.length).map(escaped).join("|")})(?![\\p{L}\\p{N}])`, "u");
    const all = [...this.#phrases.keys()];
    // A phrase with several words may have the name of a host in it: it is replaced first.
    this.#patterns ??= {
      spaced: pattern(all.filter((one) => !/^[\p{L}\p{N}_]+$/u.test(one))),
      plain: pattern(all.filter((one) => /^[\p{L}\p{N}_]+$/u.test(one))),
    };
    return this.#patterns;
  }

  // undefined: the word is not a name.
  #word(word: string): string | undefined {
    if (this.#numbers.has(`instance ${word}`)) return this.of("instance", word);
    const known = this.#hosts.get(word);
    if (known !== undefined) return this.of("host", known);
    const id = uuid.exec(word);
    if (id) return `${this.of("uuid", id[1]!)}${id[2]!}`;
    const log = logFile.exec(word);
    if (log) return `binlog.${log[1]!}${log[2] ?? ""}`;
    const [, host, port = ""] = hostAndPort.exec(word) ?? [];
    if (host !== undefined && (this.#hosts.has(host) || (looksLikeHost(host) && port.length > 1))) return this.of("instance", `${this.#hosts.get(host) ?? host}:${port}`);
    if (ipv4.test(word) || domain.test(word) || (ipv6.test(word) && word.includes("::"))) return this.of("host", word);
    return this.#beginning(word);
  }

  // Names that begin with the name of a host, such as "db1-slow.log".
  #beginning(word: string): string | undefined {
    for (const { index } of word.matchAll(/[.:_-]/g)) {
      const known = this.#hosts.get(word.slice(0, index));
      if (known !== undefined) return `${this.of("host", known)}${word.slice(index)}`;
    }
    return undefined;
  }
}

// The fields of answers that name something.
const phraseFields: Record<string, Kind> = {
  ClusterAlias: "alias", User: "user", Owner: "user", Reason: "text", Db: "schema", DataCenter: "data-centre",
  PhysicalEnvironment: "environment", Token: "text",
};

// Notes all names in an answer of the server.
export function noteNames(answer: unknown, pseudonyms: Pseudonyms): void {
  if (Array.isArray(answer)) {
    for (const one of answer) noteNames(one, pseudonyms);
    return;
  }
  if (typeof answer !== "object" || answer === null) return;
  for (const [field, value] of Object.entries(answer)) {
    if (typeof value === "object") noteNames(value, pseudonyms);
    if (typeof value !== "string" || value === "") continue;
    const kind = phraseFields[field];
    if (kind) pseudonyms.notePhrase(kind, value);
    if (field === "Hostname" || field === "InstanceHostname") pseudonyms.noteHost(value);
    if (field === "Host" || field === "ClusterName") pseudonyms.noteHost(value.replace(/:\d+$/, ""));
  }
}
