import { UsageError } from '../errors.ts'
import { isGuardPattern } from '../guards/guard-pattern.ts'
import { readName } from './zone-name.ts'

/** Reads `example.com` or `*.example.com`, in Unicode too, and returns its form in DNS. @throws UsageError */
export function parseGuardPattern(text: string): string {
  const [, star = '', rest = ''] = /^(\*\.?(?=$)|\*\.)?(.*)$/s.exec(text) ?? []
  const name = rest === '' ? '' : readName(rest).toString().toLowerCase().replace(/\.$/, '')
  const pattern = star === '' || name === '' ? star.replace('.', '') + name : `*.${name}`
  if (isGuardPattern(pattern)) return pattern
  throw new UsageError(
    `${JSON.stringify(text)} is no pattern of names; write example.com for that name, *.example.com for all below it`,
  )
}
