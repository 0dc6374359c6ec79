/**
 * The look of the hosted pages. Themes change the custom properties on top and nothing below them. Contrast of every text and control on
 * its ground is at least 4.5:1 in both schemes. The pages carry this text inline: its digest is the one style that their CSP lets in.
 */
export const STYLE = `
:root{
--paper:#faf8f4;--sheet:#fffefb;--ink:#1d1c1a;--soft:#5d5a54;--line:#e2ddd3;--field:#8c877d;
--accent:#22406b;--accent-deep:#182f50;--on-accent:#fff;--wash:#eef1f6;
--low:#2c6148;--elevated:#83540a;--high:#a02a21;--high-wash:#fbeeec;--elevated-wash:#fbf3e2;--low-wash:#eaf3ee;
--radius:.7rem;
--sans:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
--serif:"Iowan Old Style","Palatino Linotype",Palatino,"URW Palladio L",P052,Georgia,"Times New Roman",serif;
--mono:ui-monospace,"SF Mono",SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace
}
@media (prefers-color-scheme:dark){:root{
--paper:#131417;--sheet:#1a1b1f;--ink:#ecebe7;--soft:#a9a69f;--line:#303238;--field:#7d7c7a;
--accent:#a9c4ee;--accent-deep:#c6d8f5;--on-accent:#10203a;--wash:#20252f;
--low:#86c9a6;--elevated:#e3b765;--high:#f19a91;--high-wash:#2f1d1c;--elevated-wash:#2c2518;--low-wash:#1a2822
}}
*{box-sizing:border-box}
html{font:100%/1.55 var(--sans);color:var(--ink);background:var(--paper);-webkit-text-size-adjust:100%}
body{margin:0;min-height:100vh;min-height:100svh;display:grid;justify-items:center;align-items:start;padding:clamp(1rem,6vh,5rem) 1rem 3rem}
.sheet{width:100%;max-width:29rem;min-width:0}
.sheet.wide{max-width:46rem}
main{background:var(--sheet);border:1px solid var(--line);border-radius:calc(var(--radius)*1.6);padding:clamp(1.5rem,5.5vw,2.75rem);overflow-wrap:anywhere}
.mark{font:italic 500 1.3rem/1 var(--serif);letter-spacing:.01em;color:var(--soft);margin:0 0 1.1rem;text-align:center}
h1{font:500 clamp(1.65rem,1.35rem + 1.4vw,2.05rem)/1.2 var(--serif);letter-spacing:-.012em;margin:0;text-wrap:balance}
h2{font:600 .8125rem/1.4 var(--sans);letter-spacing:.01em;color:var(--soft);margin:0}
p{margin:0}
.eyebrow{font-size:.875rem;color:var(--soft);margin-bottom:.55rem}
.lead{margin-top:.7rem;font-size:1.0625rem;color:var(--soft);text-wrap:pretty}
.lead strong,.lead b{color:var(--ink);font-weight:600}
.quiet{margin-top:.9rem;font-size:.9375rem;color:var(--soft)}
.small{font-size:.875rem}
bdi{unicode-bidi:isolate}
code{font:.86em/1.5 var(--mono)}
a{color:var(--accent);text-underline-offset:.18em;text-decoration-thickness:.07em}
form{margin-top:1.6rem;display:grid;gap:1.1rem}
form.inline{margin:0;display:inline}
.field{display:grid;gap:.35rem}
.field label{font-size:.9375rem;font-weight:600}
.field .hint{font-size:.875rem;color:var(--soft)}
input[type=email],input[type=password],input[type=text],textarea,select{width:100%;min-height:3rem;padding:.6rem .85rem;font:inherit;font-size:1.0625rem;color:inherit;background:var(--paper);border:1px solid var(--field);border-radius:var(--radius)}
textarea{font:.8125rem/1.45 var(--mono);resize:vertical}
input.code{font:500 1.6rem/1 var(--mono);letter-spacing:.28em;text-align:center;min-height:3.6rem}
input[aria-invalid=true]{border-color:var(--high);border-width:2px}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.buttons{display:grid;gap:.7rem;margin-top:.4rem}
.aside{display:flex;flex-wrap:wrap;justify-content:center;gap:.2rem 1.4rem;margin-top:.3rem}
.optional{font-weight:400;color:var(--soft)}
.buttons>.short{justify-self:start}
.buttons.pair{display:flex;flex-wrap:wrap}
.pair button{flex:1 1 auto}
.pair .primary{flex-grow:2}
button{font:600 1rem/1.2 var(--sans);min-height:3rem;padding:.7rem 1.2rem;border-radius:var(--radius);border:1px solid var(--field);background:transparent;color:var(--ink);cursor:pointer}
button:hover{background:var(--wash)}
button .small{font-weight:400}
button.primary{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
button.primary:hover{background:var(--accent-deep);border-color:var(--accent-deep)}
button.plain,a.plain{min-height:1.75rem;border:0;padding:.25rem 0;font-weight:500;font-size:.9375rem;color:var(--accent);text-decoration:underline;text-underline-offset:.18em;text-decoration-thickness:.07em;background:none}
button.plain:hover{background:none;color:var(--accent-deep)}
button.danger{color:var(--high);border-color:currentColor}
button.danger:hover{background:var(--high-wash)}
a.button{display:inline-flex;justify-self:start;align-items:center;border-radius:var(--radius);border:1px solid var(--field);font-weight:600;color:var(--ink);text-decoration:none}
a.button:hover{background:var(--wash)}
button.short,a.short{min-height:2.5rem;padding:.4rem .9rem;font-size:.9375rem}
.notice{margin-top:1.4rem;padding:.8rem 1rem;border-radius:var(--radius);background:var(--wash);font-size:.9375rem}
.notice.bad{background:var(--high-wash);color:var(--high)}
.notice.care{background:var(--elevated-wash)}
.who{display:grid;grid-template-columns:1fr auto;align-items:center;gap:0 1rem;padding:.8rem 0;border-block:1px solid var(--line);font-size:.9375rem;line-height:1.45}
.lead+.who{margin-top:1.5rem}
.who .address{display:block;color:var(--soft)}
.who .name{font-weight:600}
.host{font:500 clamp(1.8rem,1.3rem + 2.6vw,2.5rem)/1.15 var(--serif);letter-spacing:-.018em;text-wrap:initial}
.evidence{display:inline-flex;align-items:center;gap:.45rem;margin-top:.7rem;padding:.2rem .65rem;border-radius:99px;font-size:.8125rem;font-weight:600;background:var(--low-wash);color:var(--low)}
.evidence.not{background:var(--elevated-wash);color:var(--elevated)}
.scopes{border:0;margin:0;padding:0;min-width:0}
.scopes legend{display:flex;align-items:center;gap:.5rem;padding:0 0 .45rem;font-size:.875rem;font-weight:600;color:var(--soft)}
.scopes legend::before{content:"";width:.55rem;height:.55rem;border-radius:50%;background:var(--low)}
.scopes.elevated legend::before{background:var(--elevated);border-radius:1px;transform:rotate(45deg)}
.scopes.high legend::before{background:var(--high);border-radius:1px}
.scopes.high legend{color:var(--high)}
.scope{display:grid;grid-template-columns:1.35rem 1fr;gap:.1rem .8rem;padding:.75rem 0;border-top:1px solid var(--line);cursor:pointer}
.scope:has(:disabled){cursor:default}
.scope input{width:1.25rem;height:1.25rem;margin:.15rem 0 0;accent-color:var(--accent);cursor:inherit}
.scope input:disabled{opacity:1}
.scope .title{font-weight:600}
.scope .more{grid-column:2;font-size:.9375rem;color:var(--soft)}
.scope .name{grid-column:2;font-size:.8125rem;color:var(--soft)}
.scopes.plain{margin-top:1.6rem}
.scopes.plain h3{margin:0;font-size:.875rem;font-weight:600;color:var(--soft)}
.scopes.plain.high h3{color:var(--high)}
.scopes.plain ul{list-style:none;margin:.45rem 0 0;padding:0}
.scopes.plain li{display:grid;padding:.75rem 0;border-top:1px solid var(--line)}
.scopes.plain .title{font-weight:600}
.scopes.plain .more{font-size:.9375rem;color:var(--soft)}
.scopes.about legend::before,.scopes.stay legend::before{background:var(--field)}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.always{font-size:.8125rem;font-weight:500;color:var(--soft);margin-left:.4rem;white-space:nowrap}
.stay .field{padding:.75rem 0 1rem;border-top:1px solid var(--line)}
.limits{margin:0;padding:0;list-style:none;display:grid;gap:.45rem;font-size:.9375rem;color:var(--soft)}
.limits li{padding-left:1.4rem;position:relative}
.limits li::before{content:"";position:absolute;left:.15rem;top:.72em;width:.7rem;height:1px;background:currentColor}
.facts{display:grid;gap:.35rem;margin:1.5rem 0 0;color:var(--soft)}
.facts div{display:flex;gap:.2rem .5rem;flex-wrap:wrap;align-items:baseline}
.facts dt{min-width:4.2rem}
.facts code{font-size:.92em;letter-spacing:-.02em}
.facts dd{margin:0}
.notice p+p{margin-top:.5rem}
.quoted{margin-top:1.4rem;padding:1rem 1.1rem;border:1px solid var(--line);border-radius:var(--radius)}
.quoted>h2{font:600 .875rem/1.4 var(--sans);letter-spacing:0;color:var(--soft)}
.quoted>h3{font:600 1rem/1.4 var(--sans);margin:1rem 0 0}
.quoted p{margin-top:.4rem}
.quoted .facts{margin-top:.8rem;font-size:.9375rem}
.quoted .facts dt{min-width:5.5rem}
.quoted .facts dd{color:var(--ink);min-width:0}
.exact dd{font:.9em/1.5 var(--mono)}
.choices{border:0;margin:0;padding:0;display:grid;gap:.6rem;min-width:0}
.choice{display:flex;gap:.8rem;align-items:center;min-height:3.25rem;padding:.7rem 1rem;border:1px solid var(--field);border-radius:var(--radius);cursor:pointer}
.choice:hover{background:var(--wash)}
.choice:has(:checked){border-color:var(--accent);box-shadow:inset 0 0 0 1px var(--accent)}
.logo{flex:none}
.choices>legend{padding:0 0 .55rem;font-size:.9375rem;font-weight:600}
.choice input{flex:none;width:1.2rem;height:1.2rem;margin:0;accent-color:var(--accent)}
.list{list-style:none;margin:1rem 0 0;padding:0}
.list>li{display:grid;grid-template-columns:1fr auto;gap:.3rem 1.2rem;align-items:start;padding:1.2rem 0;border-top:1px solid var(--line)}
.list .what{font:500 1.25rem/1.3 var(--serif)}
.list .meta{font-size:.9375rem;color:var(--soft);margin-top:.2rem}
.tags{display:flex;flex-wrap:wrap;gap:.35rem;margin-top:.6rem;padding:0;list-style:none}
.tags li{padding:.12rem .55rem;border-radius:99px;font-size:.8125rem;background:var(--wash)}
.tags li.elevated{background:var(--elevated-wash);color:var(--elevated)}
.tags li.high{background:var(--high-wash);color:var(--high)}
.deeds{display:flex;flex-wrap:wrap;gap:.5rem;justify-content:flex-end}
section{margin-top:2.6rem}
section>h2{font:500 1.35rem/1.3 var(--serif);color:var(--ink);letter-spacing:-.005em}
.empty{margin-top:1rem;padding:1.4rem 0;border-block:1px solid var(--line);color:var(--soft)}
.top{display:flex;justify-content:space-between;align-items:baseline;gap:1rem;flex-wrap:wrap}
.figures{display:grid;grid-template-columns:repeat(6,1fr);gap:1.4rem 1rem;margin:1.8rem 0 0;padding:1.4rem 0;border-block:1px solid var(--line)}
.figures div{display:flex;flex-direction:column-reverse;justify-content:flex-end}
.figures dt{font-size:.875rem;color:var(--soft)}
.figures dd{margin:0;font:500 1.9rem/1.15 var(--serif);font-variant-numeric:lining-nums}
.state{font-size:.8125rem;font-weight:600;color:var(--low)}
.state.frozen,.state.unsure{color:var(--elevated)}
.state.revoked{color:var(--high)}
.log{list-style:none;margin:1rem 0 0;padding:0;font-size:.875rem;line-height:1.5}
.log li{display:grid;grid-template-columns:7.5rem 11rem 1fr;gap:0 1rem;padding:.5rem 0;border-top:1px solid var(--line)}
.log time,.log .about{color:var(--soft)}
.log time{font-variant-numeric:tabular-nums}
.log .type{font-weight:600}
.log bdi{display:inline-block;max-width:16rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;vertical-align:bottom}
.log.did li{grid-template-columns:8rem 1fr}
.log.did bdi{display:inline;max-width:none;white-space:normal}
.log .not{color:var(--high);font-weight:600}
.passkey{display:grid;gap:.7rem}
.passkey[hidden]{display:none}
.passkey .notice{margin:0}
.check{display:flex;gap:.7rem;align-items:flex-start;font-size:.9375rem;color:var(--soft);cursor:pointer}
.check input{flex:none;width:1.25rem;height:1.25rem;margin:.1rem 0 0;accent-color:var(--accent)}
.fold summary{cursor:pointer;font-size:.9375rem;color:var(--accent);min-height:1.75rem;padding:.15rem 0}
.fold[open] summary{margin-bottom:.6rem}
.steps{margin:0;padding-left:1.3rem;display:grid;gap:.9rem;color:var(--soft)}
.qr{display:block;width:100%;max-width:13rem;margin:1rem auto;border-radius:var(--radius)}
.qr .light{fill:#fff}
.qr .dark{fill:#111}
.key{font-size:1rem;letter-spacing:.05em;color:var(--ink)}
.codes{list-style:none;margin:1.5rem 0 0;padding:1.1rem 0;border-block:1px solid var(--line);display:grid;grid-template-columns:repeat(2,1fr);gap:.55rem 1rem;text-align:center}
.codes code{font-size:1.0625rem;letter-spacing:.06em}
pre{margin:.8rem 0 0;padding:.9rem 1rem;border-radius:var(--radius);background:var(--paper);font:.875rem/1.55 var(--mono);white-space:pre-wrap}
@media (max-width:40rem){.figures{grid-template-columns:repeat(3,1fr)}.log li{grid-template-columns:1fr auto}.log.did li{grid-template-columns:1fr}.log:not(.did) time{order:1}.log .about{grid-column:1/-1;order:2}}
@media (max-width:26rem){.list>li{grid-template-columns:1fr;row-gap:.9rem}.deeds{justify-content:flex-start}body{padding-inline:.6rem}}
@media (prefers-reduced-motion:no-preference){button,.choice{transition:background-color .12s}}
@media (forced-colors:active){.scopes legend::before{forced-color-adjust:none}}
@media print{.mark{display:none}}
`;
