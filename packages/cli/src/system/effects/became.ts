import { type Machine, readText } from '../machine/machine.ts'
import { parseResolvConf } from '../machine/resolv-conf.ts'
import type { PlaceStep } from './journal.ts'
import { type State, sameState, textOf } from './state.ts'

/** What is at a place that an installation has changed. */
export type Became =
  | 'as installed'
  | 'as before'
  | 'gone'
  /** Still ours, with something changed in it. */
  | 'edited'
  /** Somebody else's: it is a part of the machine now. */
  | 'theirs'

/** The one file that other programs write as well: all else is ours alone, or meant to become the user's. */
const SHARED = '/etc/resolv.conf'

/** @param disk where symbolic links lead on from what was found. */
export async function whatBecameOf(step: PlaceStep, found: State, disk: Machine['disk']): Promise<Became> {
  const { path, before, after, ifChanged } = step
  if (sameState(found, after)) return 'as installed'
  if (sameState(found, before)) return 'as before'
  if (found.kind === 'absent') return 'gone'
  if (ifChanged === 'leave') return 'theirs'
  return path !== SHARED || (await namesNobodyElse(found, after, disk)) ? 'edited' : 'theirs'
}

/** Whether a resolv.conf has no server beyond those that ours has: then nobody has put his own there. */
async function namesNobodyElse(found: State, after: State, disk: Machine['disk']): Promise<boolean> {
  const ours = await serversOf(after, disk)
  return (await serversOf(found, disk)).every(server => ours.includes(server))
}

async function serversOf(state: State, disk: Machine['disk']): Promise<readonly string[]> {
  const text = state.kind === 'link' ? await readText({ disk }, SHARED, state) : textOf(state)
  return parseResolvConf(text ?? '').servers
}
