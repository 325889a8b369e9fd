// How reports look; the classes are those that svg.cc and html.cc name.

#ifndef COREPOOL_STRESS_OUTPUT_HTML_STYLE_H_
#define COREPOOL_STRESS_OUTPUT_HTML_STYLE_H_

namespace corepool::stress {

// Series differ by dashes too, heat by lightness, verdicts by words: nothing is told by
// colour alone.
inline constexpr char kHtmlStyle[] = R"(
:root {
  color-scheme: light dark;
  --paper: #ffffff; --card: #ffffff; --ink: #1f2328; --dim: #57606a; --edge: #d0d7de;
  --grid: #e4e8ec; --good: #1a7f37; --bad: #b3161f; --warn: #fff4d1; --warnedge: #b08800;
  --s0: #0b5cad; --s1: #b8500b; --s2: #1a7f37; --s3: #8a2be2; --s4: #ad1457; --s5: #5d4a00;
  --s6: #00738a; --s7: #4d5560; --s8: #0b5cad; --s9: #b8500b; --s10: #1a7f37; --s11: #8a2be2;
  --h0: #d6e6f5; --h1: #b0d0ea; --h2: #84b5dc; --h3: #5695cb; --h4: #2f74b5; --h5: #154f8f;
  --h6: #08284f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0d1117; --card: #10161d; --ink: #e6edf3; --dim: #9aa5b1; --edge: #3a434d;
    --grid: #252d36; --good: #56d364; --bad: #ff8c85; --warn: #2e2609; --warnedge: #d4a72c;
    --s0: #6cb6ff; --s1: #f0954b; --s2: #56d364; --s3: #c9a0ff; --s4: #ff8fc1; --s5: #e3c553;
    --s6: #4fd3e6; --s7: #b8c1cc; --s8: #6cb6ff; --s9: #f0954b; --s10: #56d364; --s11: #c9a0ff;
    --h0: #12314f; --h1: #174a77; --h2: #1d66a1; --h3: #3588c9; --h4: #62ace3; --h5: #9dcff3;
    --h6: #e2f2ff;
  }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #ffffff; --card: #ffffff; --ink: #000000; --dim: #3a3f45; --edge: #8a9199;
    --grid: #dfe3e7; --good: #12602a; --bad: #8f0f17; --warn: #ffffff; --warnedge: #000000;
    --s0: #0b5cad; --s1: #b8500b; --s2: #1a7f37; --s3: #8a2be2; --s4: #ad1457; --s5: #5d4a00;
    --s6: #00738a; --s7: #4d5560; --s8: #0b5cad; --s9: #b8500b; --s10: #1a7f37; --s11: #8a2be2;
    --h0: #d6e6f5; --h1: #b0d0ea; --h2: #84b5dc; --h3: #5695cb; --h4: #2f74b5; --h5: #154f8f;
    --h6: #08284f;
  }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  .plots { grid-template-columns: 1fr 1fr; }
  figure, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1400px; padding: 16px 24px 48px; background: var(--paper);
  color: var(--ink); font: 15px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 24px; margin: 8px 0 4px; }
h2 { font-size: 19px; margin: 32px 0 4px; border-bottom: 1px solid var(--edge); }
h3 { font-size: 16px; margin: 20px 0 4px; }
p { margin: 4px 0; }
.dim { color: var(--dim); }
.good { color: var(--good); font-weight: 700; }
.bad { color: var(--bad); font-weight: 700; }
.warnings { background: var(--warn); border: 1px solid var(--warnedge);
  border-left-width: 6px; padding: 8px 14px; margin: 14px 0; }
.warnings ul { margin: 4px 0; padding-left: 22px; }
a { color: var(--s0); }
nav a { margin-right: 14px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 8px 0; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--edge); padding: 3px 10px; text-align: left;
  vertical-align: top; }
th { color: var(--dim); font-weight: 600; white-space: nowrap; }
.n { text-align: right; white-space: nowrap; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(520px, 100%), 1fr));
  gap: 16px; margin: 12px 0; }
figure { margin: 0; border: 1px solid var(--edge); background: var(--card);
  padding: 10px 12px 4px; }
figcaption { font-weight: 600; margin-bottom: 4px; }
figcaption span { font-weight: 400; color: var(--dim); }
svg { display: block; width: 100%; height: auto; font-size: 12px;
  font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
svg text { fill: var(--ink); }
svg .mid { text-anchor: middle; }
svg .end { text-anchor: end; }
svg .title, svg .none { fill: var(--dim); }
svg .key { font-size: 11px; }
svg .mark { font-size: 10px; font-weight: 700; }
svg path { fill: none; }
svg .grid { stroke: var(--grid); stroke-width: 1; }
svg .frame { stroke: var(--dim); stroke-width: 1.2; }
svg .knee { stroke: var(--dim); stroke-width: 1.2; stroke-dasharray: 3 3; }
svg .line { stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
svg .thin { stroke-width: 1.3; }
svg .band { fill: var(--h2); fill-opacity: .55; }
svg .heat { shape-rendering: crispEdges; }
svg .s0 { stroke: var(--s0); }
svg .s1 { stroke: var(--s1); stroke-dasharray: 8 4; }
svg .s2 { stroke: var(--s2); stroke-dasharray: 2 4; }
svg .s3 { stroke: var(--s3); stroke-dasharray: 9 3 2 3; }
svg .s4 { stroke: var(--s4); stroke-dasharray: 14 5; }
svg .s5 { stroke: var(--s5); stroke-dasharray: 4 3; }
svg .s6 { stroke: var(--s6); stroke-dasharray: 9 3 2 3 2 3; }
svg .s7 { stroke: var(--s7); }
svg .s8 { stroke: var(--s8); stroke-dasharray: 2 4; }
svg .s9 { stroke: var(--s9); stroke-dasharray: 9 3 2 3; }
svg .s10 { stroke: var(--s10); stroke-dasharray: 14 5; }
svg .s11 { stroke: var(--s11); stroke-dasharray: 4 3; }
svg .h0 { stroke: var(--h0); } svg .h1 { stroke: var(--h1); } svg .h2 { stroke: var(--h2); }
svg .h3 { stroke: var(--h3); } svg .h4 { stroke: var(--h4); } svg .h5 { stroke: var(--h5); }
svg .h6 { stroke: var(--h6); }
)";

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_OUTPUT_HTML_STYLE_H_
