/** Lines around a change that are shown with it. */
const CONTEXT = 2

/** The lines that differ, marked with - and +, with some that do not around them. */
export function diffLines(before: string, after: string): string[] {
  const marked = compare(linesOf(before), linesOf(after))
  const near = marked.map((_, at) =>
    marked.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(line => !line.startsWith(' ')),
  )
  return marked.flatMap((line, at) => {
    if (near[at] === true) return [line]
    return near[at - 1] === true ? ['  …'] : []
  })
}

function linesOf(text: string): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** By the longest common subsequence: files of configuration are short. */
function compare(before: readonly string[], after: readonly string[]): string[] {
  const common = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0))
  const at = (b: number, a: number): number => common[b]?.[a] ?? 0
  for (let b = before.length - 1; b >= 0; b--)
    for (let a = after.length - 1; a >= 0; a--)
      (common[b] as number[])[a] =
        before[b] === after[a] ? at(b + 1, a + 1) + 1 : Math.max(at(b + 1, a), at(b, a + 1))
  const lines: string[] = []
  let [b, a] = [0, 0]
  while (b < before.length || a < after.length)
    if (b < before.length && a < after.length && before[b] === after[a]) {
      lines.push(`  ${before[b]}`)
      b++
      a++
    } else if (b < before.length && (a >= after.length || at(b + 1, a) >= at(b, a + 1)))
      lines.push(`- ${before[b++]}`)
    else lines.push(`+ ${after[a++]}`)
  return lines
}
