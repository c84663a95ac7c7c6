/** Runs tasks of one key one after the other, and those of different keys side by side. */
export class KeyedLock<Key> {
  private readonly tails = new Map<Key, Promise<void>>()

  async run<Result>(key: Key, task: () => Promise<Result>): Promise<Result> {
    const before = this.tails.get(key) ?? Promise.resolve()
    const result = before.then(task)
    const tail = result.then(nothing, nothing)
    this.tails.set(key, tail)
    try {
      return await result
    } finally {
      if (this.tails.get(key) === tail) this.tails.delete(key)
    }
  }
}

// The caller gets the outcome from `result`; the tail only marks that the task is over.
function nothing(): void {}
