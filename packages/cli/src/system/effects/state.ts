import type { FileChange, LinkChange } from '../change.ts'
import { octetsOf } from '../change.ts'

/** What is at a path, as far as an installation changes and restores it. */
export type State = Absent | FileState | LinkState

export interface Absent {
  readonly kind: 'absent'
}

export interface FileState {
  readonly kind: 'file'
  /** Base64. */
  readonly octets: string
  /** Permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

export interface LinkState {
  readonly kind: 'link'
  readonly target: string
  readonly uid: number
  readonly gid: number
}

export interface Owner {
  readonly uid: number
  readonly gid: number
}

export const ABSENT: Absent = { kind: 'absent' }

/** What a change leaves behind. */
export function stateAfter(change: FileChange | LinkChange, owner: Owner): State {
  if (change.kind === 'link') return { kind: 'link', target: change.target, ...owner }
  return {
    kind: 'file',
    octets: Buffer.from(octetsOf(change)).toString('base64'),
    mode: change.mode,
    ...owner,
  }
}

export function sameState(a: State, b: State): boolean {
  if (a.kind === 'absent' || b.kind === 'absent') return a.kind === b.kind
  if (a.uid !== b.uid || a.gid !== b.gid) return false
  if (a.kind === 'link' || b.kind === 'link')
    return a.kind === 'link' && b.kind === 'link' && a.target === b.target
  return a.octets === b.octets && a.mode === b.mode
}

/** The text of a file; of UTF-16 too, since it says so itself. Undefined where there is no file. */
export function textOf(state: State): string | undefined {
  if (state.kind !== 'file') return undefined
  const octets = Buffer.from(state.octets, 'base64')
  return octets[0] === 0xff && octets[1] === 0xfe ? octets.subarray(2).toString('utf16le') : octets.toString()
}
