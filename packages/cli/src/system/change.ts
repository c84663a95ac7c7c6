import type { HostPort } from '../values/host-port.ts'
import type { MacBefore } from './facts.ts'

/** A program and its arguments, as they are given to the operating system: no shell reads them. */
export type Command = readonly [program: string, ...args: string[]]

/** Something that an installation does to a machine. All of it can be undone. */
export type Change = FileChange | LinkChange | CommandChange | WaitChange

/** A file with these octets, owned by the system's administrator. */
export interface FileChange {
  readonly kind: 'file'
  /** For people: what it is for. */
  readonly sentence: string
  readonly path: string
  readonly content: string
  /** `utf16` is little-endian with a byte order mark, which Windows' task scheduler asks for. */
  readonly encoding?: 'utf16'
  /** Permission bits. */
  readonly mode: number
  /**
   * What uninstalling does with a file that somebody has changed since: leave it, since it has become theirs; undo it all
   * the same, since it is meant to change; where absent, refuse and say so.
   */
  readonly ifChanged?: 'leave' | 'undo'
}

/** A symbolic link. */
export interface LinkChange {
  readonly kind: 'link'
  readonly sentence: string
  readonly path: string
  readonly target: string
}

/**
 * A command, and the one that undoes it. Undoing goes backwards through the changes, so what has to run once files are
 * restored is the `undo` of a change that stands before them.
 */
export interface CommandChange {
  readonly kind: 'command'
  readonly sentence: string
  readonly run?: Command
  /** May be run where `run` never was. */
  readonly undo?: Command
}

/** Nothing is changed beyond this point before the gateway answers: a machine without DNS is hard to mend. */
export interface WaitChange {
  readonly kind: 'wait'
  readonly sentence: string
  readonly at: HostPort
  /** The resolver that has that address and asks the gateway; the gateway itself where absent. */
  readonly by?: string
  readonly suffix: string
}

/** A plan, in the order in which it is carried out. */
export interface Plan extends Purpose {
  readonly changes: readonly Change[]
  /** What people should know besides. */
  readonly notes: readonly string[]
  /** Why it must not be carried out, each with what to do about it. */
  readonly problems: readonly string[]
}

/** What an installation is for, and what the next one has to know that takes its place. */
export interface Purpose {
  readonly scope: Scope
  /** Absolute path of the configuration that the service reads. */
  readonly config: string
  /** Of a Mac: what it does not show any more once signpost is installed. */
  readonly mac?: MacBefore
}

export type Scope = 'names' | 'all'

/** The changes and the words of one part of a plan. */
export interface Part {
  readonly changes: readonly Change[]
  readonly notes?: readonly string[]
  readonly problems?: readonly string[]
}

export function part(...changes: Change[]): Part {
  return { changes }
}

export function impossible(problem: string): Part {
  return { changes: [], problems: [problem] }
}

export function joined(purpose: Purpose, parts: readonly Part[]): Plan {
  return {
    ...purpose,
    changes: parts.flatMap(({ changes }) => changes),
    notes: parts.flatMap(({ notes = [] }) => notes),
    problems: parts.flatMap(({ problems = [] }) => problems),
  }
}

/** The octets of a file. */
export function octetsOf({ content, encoding }: Pick<FileChange, 'content' | 'encoding'>): Uint8Array {
  return encoding === 'utf16' ? Buffer.from(`\uFEFF${content}`, 'utf16le') : Buffer.from(content)
}
