// One of the automated writers, as a process of its own: it looks for a newer plan once a period, applies it, and cleans up.
import { setTimeout as sleep } from 'node:timers/promises'
import { parentOf } from '../machine/child.ts'
import { BE_SLOW, type EnactorReport, type EnactorSettings } from './enactor-settings.ts'
import { act, check, cleanUp } from './plan.ts'
import { PlanFiles } from './plan-files.ts'

const { settings, onLine, tell } = parentOf<EnactorSettings, EnactorReport>()
const { name: enactor, directory, epoch, period, offset, cleanUpAfter, cleanUpEvery } = settings
const store = new PlanFiles(directory)
let isSlow = false
onLine(line => {
  isSlow = line === BE_SLOW
})

for (;;) {
  let now = await untilPeriod(nextPeriod())
  const found = check(store)
  if (found.kind === 'stuck') tell({ kind: 'stuck', enactor, plan: found.active })
  if (found.kind !== 'apply') continue
  const { plan } = found
  if (isSlow) {
    tell({ kind: 'delayed', enactor, plan: plan.number })
    now = await untilPeriod((Math.floor((now + 1) / cleanUpEvery) + 1) * cleanUpEvery)
  }
  act(store, plan)
  tell({ kind: 'applied', enactor, plan: plan.number })
  if (now % cleanUpEvery !== 0) continue
  await sleep(cleanUpAfter)
  for (const deleted of cleanUp(store, plan)) tell({ kind: 'deleted', enactor, plan: deleted })
}

function nextPeriod(): number {
  return Math.floor((Date.now() - epoch - offset) / period) + 1
}

/** @returns the same. */
async function untilPeriod(number: number): Promise<number> {
  await sleep(epoch + offset + number * period - Date.now())
  return number
}
