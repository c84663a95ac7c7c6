import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan, PlanStore } from './plan.ts'

/** Plans as files that several processes read and write, each file whole at every moment. */
export class PlanFiles implements PlanStore {
  private readonly plans: string
  private readonly pointer: string

  constructor(directory: string) {
    this.plans = join(directory, 'plans')
    this.pointer = join(directory, 'active')
    mkdirSync(this.plans, { recursive: true })
  }

  list(): number[] {
    return readdirSync(this.plans).flatMap(name => {
      const [, digits] = /^(\d+)\.json$/.exec(name) ?? []
      return digits === undefined ? [] : [Number(digits)]
    })
  }

  read(number: number): Plan | undefined {
    const text = readIfThere(this.file(number))
    return text === undefined ? undefined : (JSON.parse(text) as Plan)
  }

  write(plan: Plan): void {
    replace(this.file(plan.number), JSON.stringify(plan))
  }

  delete(number: number): void {
    rmSync(this.file(number), { force: true })
  }

  active(): number | undefined {
    const text = readIfThere(this.pointer)
    return text === undefined ? undefined : Number(text)
  }

  activate(number: number): void {
    replace(this.pointer, String(number))
  }

  private file(number: number): string {
    return join(this.plans, `${number}.json`)
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function replace(path: string, text: string): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, text)
  renameSync(draft, path)
}
