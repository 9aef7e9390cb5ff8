// Limits how often a piece of work runs, however often it is requested.

export interface Clock {
  now(): number;
  after(milliseconds: number, act: () => void): unknown;
  cancel(timer: unknown): void;
}

export const realClock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, act) => setTimeout(act, milliseconds),
  cancel: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

// Runs the work at once if the pause since the last run is over, never twice at a time, and once more if it was
// requested during a run.
export class Rhythm {
  #runs = false;
  #again = false;
  #ended = -Infinity;
  #timer: unknown;
  #stopped = false;

  constructor(
    private readonly work: () => Promise<void>,
    private readonly pause: number,
    private readonly clock: Clock = realClock,
  ) {}

  ask(): void {
    if (this.#stopped || this.#timer !== undefined) return;
    if (this.#runs) {
      this.#again = true;
      return;
    }
    const rest = this.#ended + this.pause - this.clock.now();
    if (rest > 0) {
      this.#timer = this.clock.after(rest, () => {
        this.#timer = undefined;
        this.ask();
      });
      return;
    }
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== undefined) this.clock.cancel(this.#timer);
  }

  async #run(): Promise<void> {
    this.#runs = true;
    this.#again = false;
    try {
      await this.work();
    } finally {
      this.#runs = false;
      this.#ended = this.clock.now();
      if (this.#again) this.ask();
    }
  }
}
