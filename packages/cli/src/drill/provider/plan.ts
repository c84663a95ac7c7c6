/** What automation wants the name to be, as one of its plans has it. A later plan has a higher number. */
export interface Plan {
  readonly number: number
  readonly addresses: readonly string[]
}

/** Where plans are, and which of them the name is made of. Nothing in it is checked and set in one step. */
export interface PlanStore {
  /** The numbers of the plans that there are, in no order. */
  list(): number[]
  /** Undefined where it was deleted. */
  read(number: number): Plan | undefined
  write(plan: Plan): void
  delete(number: number): void
  /** The number of the plan that the name is made of. */
  active(): number | undefined
  activate(number: number): void
}

/** Plans that clean-up leaves behind the one that was just applied. */
export const PLANS_KEPT = 20

/** The plan that an enactor found worth applying, or why there is none. */
export type Check =
  | { readonly kind: 'apply'; readonly plan: Plan }
  | { readonly kind: 'nothing-new' }
  /** The plan that the name is made of is no more, so nobody can say what is newer: it takes a person to mend that. */
  | { readonly kind: 'stuck'; readonly active: number }

/** The first half of check-then-act: what is newest, and whether it is newer than what stands. */
export function check(store: PlanStore): Check {
  const active = store.active()
  const standing = active === undefined ? undefined : store.read(active)
  if (active !== undefined && standing === undefined) return { kind: 'stuck', active }
  const newest = store.read(Math.max(...store.list()))
  if (newest === undefined || newest.number <= (standing?.number ?? 0)) return { kind: 'nothing-new' }
  return { kind: 'apply', plan: newest }
}

/** The second half, which trusts the first one, however long ago that was. */
export function act(store: PlanStore, plan: Plan): void {
  store.activate(plan.number)
}

/** Deletes the plans that are far behind the one that was just applied, and returns their numbers. */
export function cleanUp(store: PlanStore, applied: Plan): number[] {
  const old = store.list().filter(number => number < applied.number - PLANS_KEPT)
  for (const number of old) store.delete(number)
  return old
}

/** The addresses that the name has. Its plan may be gone: then it has none. */
export function addressesOf(store: PlanStore): readonly string[] {
  const active = store.active()
  return (active === undefined ? undefined : store.read(active))?.addresses ?? []
}
