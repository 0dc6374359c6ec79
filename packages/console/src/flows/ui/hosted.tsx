import './hosted.css';
import type { Page } from '@writ/flow';
import { SAMPLE_NAMES, SAMPLE_SCOPES, type Named } from '../model/sample-journey.ts';
import { hostedFace, type HostedPart } from '../model/hosted.ts';

type Props = {
  readonly page: Page;
  readonly label: string;
  /** Of a run: who asks whom, and which scopes it offers. */
  readonly named?: Named;
  readonly scopes?: readonly string[];
};

/** A page of a journey as a person sees it on a phone, from the very data that the hosted page is made of. Nothing in it can be pressed. */
export function HostedPage({ page, label, named = SAMPLE_NAMES, scopes = SAMPLE_SCOPES }: Props) {
  const { eyebrow = '', title, lead, parts, buttons, plain = [] } = hostedFace(page, named, scopes);
  return (
    <figure className="hosted" role="img" aria-label={`${label}: ${title}`}>
      <div className="mark">Writ</div>
      <div className="sheet">
        {eyebrow === '' ? null : <div className="quiet">{eyebrow}</div>}
        <div className="h1">{title}</div>
        {lead === '' ? null : <div className="lead">{lead}</div>}
        <div className="body">
          {parts.map((part, at) => (
            <PartView key={`${part.is}${String(at)}`} part={part} />
          ))}
          {buttons.map((button, at) => (
            <span key={button} className={`button ${at === 0 ? 'first' : ''}`}>
              {button}
            </span>
          ))}
          {plain.map((button) => (
            <span key={button} className="link">
              {button}
            </span>
          ))}
        </div>
      </div>
    </figure>
  );
}

function PartView({ part: { is, text } }: { part: HostedPart }) {
  switch (is) {
    case 'field':
      return (
        <span className="field">
          {text}
          <span className="box" />
        </span>
      );
    case 'choice':
    case 'tick':
      return (
        <span className="choice">
          <span className="tick" />
          {text}
        </span>
      );
    case 'quiet':
      return <span className="quiet">{text}</span>;
  }
}
