import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { PlanFiles } from './plan-files.ts'
import { PLANS_KEPT, type Plan, type PlanStore, act, addressesOf, check, cleanUp } from './plan.ts'

function memoryStore(): PlanStore {
  const plans = new Map<number, Plan>()
  let active: number | undefined
  return {
    list: () => [...plans.keys()],
    read: number => plans.get(number),
    write: plan => void plans.set(plan.number, plan),
    delete: number => void plans.delete(number),
    active: () => active,
    activate: number => {
      active = number
    },
  }
}

function write(store: PlanStore, number: number): void {
  store.write({ number, addresses: [`192.0.2.${number}`] })
}

function checked(store: PlanStore): Plan {
  const found = check(store)
  if (found.kind !== 'apply') throw new Error(found.kind)
  return found.plan
}

const directory = mkdtempSync(join(tmpdir(), 'signpost-plans-'))
afterAll(() => rmSync(directory, { recursive: true }))
let stores = 0

describe.each([
  { where: 'in memory', create: memoryStore },
  { where: 'in files', create: () => new PlanFiles(join(directory, String(stores++))) },
])('plans $where', ({ create }) => {
  test('an enactor applies the newest plan, and leaves a name alone that has it', () => {
    const store = create()
    write(store, 1)
    write(store, 2)
    act(store, checked(store))
    expect(addressesOf(store)).toEqual(['192.0.2.2'])
    expect(check(store)).toEqual({ kind: 'nothing-new' })
  })

  test('where there is no plan there is nothing to apply', () => {
    expect(check(create())).toEqual({ kind: 'nothing-new' })
  })

  test('clean-up keeps the plans that are just behind the applied one', () => {
    const store = create()
    for (let number = 1; number <= PLANS_KEPT + 2; number++) write(store, number)
    expect(cleanUp(store, checked(store))).toEqual([1])
    expect(store.list()).toHaveLength(PLANS_KEPT + 1)
  })

  test('a delayed enactor puts its old plan over a newer one, clean-up deletes that plan, and nobody can mend it', () => {
    const store = create()
    write(store, 1)
    const delayed = checked(store)
    for (let number = 2; number <= PLANS_KEPT + 2; number++) write(store, number)
    const newest = checked(store)
    act(store, newest)
    // What was true when it was checked is not true any more.
    act(store, delayed)
    expect(addressesOf(store)).toEqual(['192.0.2.1'])
    expect(cleanUp(store, newest)).toContain(1)

    expect(addressesOf(store)).toEqual([])
    write(store, PLANS_KEPT + 3)
    expect(check(store)).toEqual({ kind: 'stuck', active: 1 })
  })
})
