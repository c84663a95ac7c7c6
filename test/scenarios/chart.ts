export interface Axis {
  readonly label: string
  readonly max: number
  readonly step: number
}

export interface Chart {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly lines: readonly { readonly what: string; readonly points: readonly (readonly number[])[] }[]
}

const [WIDTH, HEIGHT] = [720, 380]
const PLOT = { left: 60, right: 20, top: 48, bottom: 84 }
const COLOURS = ['#b3261e', '#c77700', '#00695c']

/** A line chart as SVG, which looks the same on a dark page. */
export function drawChart({ title, x, y, lines }: Chart): string {
  const width = WIDTH - PLOT.left - PLOT.right
  const height = HEIGHT - PLOT.top - PLOT.bottom
  const across = (value: number): string => (PLOT.left + (value / x.max) * width).toFixed(1)
  const up = (value: number): string => (PLOT.top + height - (value / y.max) * height).toFixed(1)
  const bottom = PLOT.top + height
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${PLOT.left}" y="26" font-size="16" fill="#202020">${title}</text>`,
    ...ticks(y).flatMap(value => [
      `<path d="M${PLOT.left} ${up(value)}H${WIDTH - PLOT.right}" stroke="#d8d8d8"/>`,
      `<text x="${PLOT.left - 8}" y="${up(value)}" dy="4" text-anchor="end" fill="#404040">${value}</text>`,
    ]),
    ...ticks(x).map(
      value =>
        `<text x="${across(value)}" y="${bottom + 18}" text-anchor="middle" fill="#404040">${value}</text>`,
    ),
    `<text x="${PLOT.left + width / 2}" y="${bottom + 38}" text-anchor="middle" fill="#404040">${x.label}</text>`,
    `<text transform="translate(18 ${PLOT.top + height / 2}) rotate(-90)" text-anchor="middle" fill="#404040">${y.label}</text>`,
    ...lines.flatMap(({ what, points }, at) => {
      const colour = COLOURS[at % COLOURS.length]
      const path = points.map(([a = 0, b = 0]) => `${across(a)},${up(b)}`).join(' ')
      const left = PLOT.left + (at * width) / lines.length
      return [
        `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2.5"/>`,
        `<path d="M${left} ${HEIGHT - 18}h24" stroke="${colour}" stroke-width="2.5"/>`,
        `<text x="${left + 30}" y="${HEIGHT - 14}" fill="#202020">${what}</text>`,
      ]
    }),
    '</svg>\n',
  ].join('\n')
}

function ticks({ max, step }: Axis): number[] {
  return Array.from({ length: Math.floor(max / step) + 1 }, (_, at) => at * step)
}
