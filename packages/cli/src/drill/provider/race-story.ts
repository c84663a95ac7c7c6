import type { EnactorReport } from './enactor-settings.ts'

/** Tells of what automation does all day only what makes the outage. */
export class RaceStory {
  private newest = 0
  private misplaced: number | undefined
  private readonly stuck = new Set<string>()

  /** @returns a sentence, or undefined where nothing is out of the ordinary. */
  tell({ kind, enactor, plan }: EnactorReport): string | undefined {
    switch (kind) {
      case 'delayed':
        return `${enactor} has checked plan ${plan}, and is delayed before it applies it`
      case 'applied': {
        const { newest } = this
        this.newest = Math.max(newest, plan)
        this.misplaced = plan < newest ? plan : undefined
        return plan < newest ? `${enactor} applies its old plan ${plan} over plan ${newest}` : undefined
      }
      case 'deleted':
        return plan === this.misplaced
          ? `${enactor} cleans up and deletes plan ${plan}, which is active`
          : undefined
      case 'stuck':
        if (this.stuck.has(enactor)) return undefined
        this.stuck.add(enactor)
        return `${enactor} gives up: the active plan ${plan} is gone`
    }
  }
}
