import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useRead, type Value } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { CopyId } from '../../ui/code.tsx';
import { Failure, Loading, Notice } from '../../ui/notice.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Activity } from '../../kit/activity.tsx';
import { AsCode } from '../../kit/as-code.tsx';
import { Confirm } from '../../kit/confirm.tsx';
import { Missing } from '../../kit/missing.tsx';
import { PageHead } from '../../kit/page.tsx';
import { useDeed } from '../../kit/save.ts';
import { useFilters } from '../../kit/use-filters.ts';
import { ask } from '../../api/client.ts';
import type { Draft, Fields } from '../../kit/text-draft.ts';
import { AccessTab } from '../graph/tab.tsx';
import { BLANK, bodyOf, judge, ruleDraft } from './draft.ts';
import { Editor, Said } from './editor.tsx';
import { History } from './history.tsx';
import { readAllPolicies } from './list.tsx';
import { Replay, ReportView } from './replay.tsx';
import { Simulator } from './simulate.tsx';

type Policy = Value<'getPoliciesById'>;

function writtenIn(policy: Policy): Fields {
  return { id: policy.id, ...bodyOf({ ...policy }) };
}

/** A rule being written: what it was, what it is now, and the deed that makes it so. */
function useWriting(start: Fields, version: number | undefined) {
  const [draft, setDraft] = useState<Draft>(() => ruleDraft(start));
  const [saved, setSaved] = useState(() => ruleDraft(start).text);
  const judged = judge(draft);
  const put = useDeed('putPoliciesById');
  const rule = judged.parsed?.ok === true ? judged.parsed.rule : undefined;
  return {
    judged,
    setDraft,
    put,
    rule,
    isChanged: draft.text !== saved,
    async publish(): Promise<string | undefined> {
      if (rule === undefined || draft.value === undefined) return undefined;
      const { id, ...body } = rule;
      const answer = await put.run({
        path: { id },
        body: JSON.parse(JSON.stringify(body)),
        ...(version === undefined ? {} : { ifMatch: `"${version}"` }),
      });
      if (answer.ok) setSaved(draft.text);
      return answer.ok ? id : undefined;
    },
  };
}

type Writing = ReturnType<typeof useWriting>;

function Rule({ writing, isNew, onPublished }: { writing: Writing; isNew: boolean; onPublished: (id: string) => void }) {
  const { judged, put, rule, isChanged } = writing;
  const publish = (): void => void writing.publish().then((id) => (id === undefined ? undefined : onPublished(id)));
  return (
    <div>
      <Said judged={judged} isUntouched={isNew && !isChanged} />
      <div className="mb-5 flex flex-wrap items-center gap-3">
        <Button look="primary" disabled={rule === undefined || !isChanged || put.busy} onClick={publish}>
          Publish
        </Button>
        <span className="text-[0.9rem] text-soft" role="status">
          {isChanged
            ? 'Not published yet. Every node follows within a second of it.'
            : isNew
              ? 'Nothing is written yet.'
              : 'As it is in force.'}
        </span>
      </div>
      {put.failed === undefined ? null : (
        <div className="mb-4">
          <Failure error={put.failed} />
        </div>
      )}
      <Editor judged={judged} isNew={isNew} isUntouched={isNew && !isChanged} onDraft={writing.setDraft} />
    </div>
  );
}

function Remove({ id, open, onClose }: { id: string; open: boolean; onClose: () => void }) {
  const impact = useRead('postPoliciesByIdImpact', { path: { id }, body: {} }, { enabled: open });
  const queries = useQueryClient();
  const navigate = useNavigate();
  return (
    <Confirm
      open={open}
      onClose={onClose}
      title="Remove this rule"
      name={id}
      verb="Remove"
      what={
        impact.error !== null ? <Failure error={impact.error} /> : impact.data === undefined ? <Loading /> : <ReportView of={impact.data} />
      }
      act={async () => {
        const answer = await ask('deletePoliciesById', { path: { id } });
        if (!answer.ok) return answer;
        // Away first: what is gone must not be read again.
        await navigate({ to: '/policies' });
        await queries.invalidateQueries();
        return { ok: true };
      }}
    />
  );
}

function Existing({ policy }: { policy: Policy }) {
  const writing = useWriting(writtenIn(policy), policy.version);
  const [{ tab = 'rule' }, choose] = useFilters();
  const [removing, setRemoving] = useState(false);
  const draft = writing.judged.draft.value ?? writtenIn(policy);
  return (
    <>
      <PageHead
        eyebrow={<CopyId id={policy.id} />}
        title={policy.name ?? policy.id}
        lead={
          <span className="inline-flex flex-wrap items-center gap-2">
            <Word of={policy.effect} /> <Word of={policy.state ?? 'enforce'} /> version {policy.version}
          </span>
        }
        actions={
          <Button look="danger" onClick={() => setRemoving(true)}>
            Remove
          </Button>
        }
      />
      <Tabs
        label="Parts of the rule"
        at={tab}
        onAt={(next) => choose({ tab: next === 'rule' ? undefined : next })}
        tabs={[
          { id: 'rule', title: 'Rule', body: () => <Rule writing={writing} isNew={false} onPublished={() => undefined} /> },
          { id: 'simulate', title: 'Simulate', body: () => <Drafted writing={writing}>{() => <Simulator draft={draft} />}</Drafted> },
          { id: 'replay', title: 'Replay', body: () => <Drafted writing={writing}>{() => <Replay draft={draft} />}</Drafted> },
          { id: 'reach', title: 'Access', body: () => <AccessTab kind="policy" id={policy.id} /> },
          { id: 'history', title: 'History', body: () => <History id={policy.id} current={policy.version} /> },
          {
            id: 'activity',
            title: 'Activity',
            body: () => <Activity target={{ type: 'policy', id: policy.id }} />,
          },
          {
            id: 'code',
            title: 'As code',
            body: () => (
              <AsCode
                of={{
                  config: { collection: 'policies', value: writtenIn(policy) },
                  api: `policies/${encodeURIComponent(policy.id)}`,
                  cli: `writ policy history ${policy.id}\nwrit policy replay --help\nwrit apply hub.yaml   # with the YAML beside`,
                  value: policy,
                }}
              />
            ),
          },
        ]}
      />
      <Remove id={policy.id} open={removing} onClose={() => setRemoving(false)} />
    </>
  );
}

/** What is tried out is the rule as it is written now, published or not. */
function Drafted({ writing, children }: { writing: Writing; children: () => ReactNode }) {
  if (writing.rule === undefined) return <Notice tone="care">The rule as written is none yet; mend it first.</Notice>;
  return (
    <div className="grid gap-4">
      {writing.isChanged ? <Notice>With the rule as you are writing it, not as it is in force.</Notice> : null}
      {children()}
    </div>
  );
}

/** The address `policies/+new`: no rule can be called so. */
export function NewPolicyPage() {
  const writing = useWriting(BLANK, undefined);
  const navigate = useNavigate();
  const [at, setAt] = useState('rule');
  const [taken, setTaken] = useState(false);
  const id = writing.rule?.id;
  const isFree = async (): Promise<boolean> => id !== undefined && (await readAllPolicies()).every((policy) => policy.id !== id);
  return (
    <>
      <PageHead title="New rule" lead="It begins in shadow: written down beside every decision, and never enforced until you say so." />
      {taken ? (
        <div className="mb-4">
          <Notice tone="bad" role="alert">
            There is a rule with this id already.
          </Notice>
        </div>
      ) : null}
      <Tabs
        label="Parts of the rule"
        at={at}
        onAt={setAt}
        tabs={[
          {
            id: 'rule',
            title: 'Rule',
            body: () => (
              <Rule
                writing={{
                  ...writing,
                  async publish() {
                    const free = await isFree();
                    setTaken(!free);
                    return free ? writing.publish() : undefined;
                  },
                }}
                isNew
                onPublished={(made) => void navigate({ to: '/policies/$id', params: { id: made } })}
              />
            ),
          },
          {
            id: 'simulate',
            title: 'Simulate',
            body: () => <Drafted writing={writing}>{() => <Simulator draft={writing.judged.draft.value} />}</Drafted>,
          },
          {
            id: 'replay',
            title: 'Replay',
            body: () => <Drafted writing={writing}>{() => <Replay draft={writing.judged.draft.value ?? {}} />}</Drafted>,
          },
        ]}
      />
    </>
  );
}

export function PolicyPage() {
  const { id = '' } = useParams({ strict: false });
  const policy = useRead('getPoliciesById', { path: { id } });
  if (policy.error !== null) return <Missing what="rule" error={policy.error} retry={() => void policy.refetch()} />;
  if (policy.data === undefined) return <Loading lines={10} />;
  // A new version is another rule to write on: what was typed on the old one was published, or is lost with it.
  return <Existing key={`${policy.data.id} ${policy.data.version}`} policy={policy.data} />;
}
