import type { HostPort } from '../../values/host-port.ts'

/** A program that uses the service, as it is on this machine. */
export type Program =
  | { readonly kind: 'curl'; readonly name: string }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'python'; readonly name: string; readonly module: 'requests' | 'urllib' }

export interface StationSettings {
  readonly host: string
  readonly port: number
  readonly programs: readonly Program[]
  /** Where programs are told to ask, where they cannot have a resolv.conf of their own. */
  readonly dns?: HostPort
  /** Milliseconds since 1970 on which requests begin, and every so many milliseconds from there. */
  readonly epoch: number
  readonly period: number
  /** Milliseconds for which a program waits. */
  readonly patience: number
}

/** One request as the station tells it, a line of JSON. */
export interface StationReport {
  readonly program: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly took: number
  /** Why it failed; left out where it did not. */
  readonly problem?: string
}

/** Told on its standard input, a line: begin no more requests, and end after those that are under way. */
export const LAST = 'last'
