/**
 * What is wrong with ordinary DNS about a question. `failed`: no server elsewhere gave a usable answer. `late`: none did
 * in the time that a client is to wait. `no-name`, `no-data`: they deny what was there. `bogus`: their addresses lead
 * nowhere on the internet, where the good ones did.
 */
export type Trouble = 'failed' | 'late' | 'no-name' | 'no-data' | 'bogus'

/** Whether servers elsewhere said something that is not believed, rather than nothing. */
export function isSaid(trouble: Trouble): boolean {
  return trouble !== 'failed' && trouble !== 'late'
}

export function isDenial(trouble: Trouble): boolean {
  return trouble === 'no-name' || trouble === 'no-data'
}

const SAYINGS: Readonly<Record<Trouble, string>> = {
  failed: 'ordinary DNS fails for this name',
  late: 'ordinary DNS does not answer in time',
  'no-name': 'ordinary DNS says that there is no such name',
  'no-data': 'ordinary DNS says that there is no such type',
  bogus: 'ordinary DNS says an address that is not on the internet',
}

/**
 * The beginning of a sentence for people.
 * @param since milliseconds since the epoch.
 */
export function describeTrouble(trouble: Trouble, since?: number): string {
  return since === undefined ? SAYINGS[trouble] : `${SAYINGS[trouble]} since ${printMinute(since)}`
}

/** `2026-01-01 10:31 UTC` */
function printMinute(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
