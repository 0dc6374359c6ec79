import type { CompiledFlow, FromWorld, JourneyEffect, Notice, Purpose } from '@writ/flow';
import type { EventOrigin } from '../audit/event.ts';
import type { User } from '../users/user.ts';
import type { Journey } from './journey.ts';

export type EffectOf<Kind extends JourneyEffect['kind']> = Extract<JourneyEffect, { kind: Kind }>;
/** What the answer to an effect says; the turn that it answers is put on by the dispatcher. */
export type AnswerOf<Kind extends FromWorld['kind']> = Extract<FromWorld, { kind: Kind }>;

/** Where a journey stands when a flow asks something of the world. Facts of the parties and the proof are in `journey.state`, which is the newest. */
export type Standing = {
  journey: Journey;
  origin: EventOrigin;
  /** The signed-in person; undefined before sign-in, and where nobody is (a registration). */
  user: User | undefined;
  /** Milliseconds. */
  now: number;
  /** A value that a call of this journey brought, by `<node>.<output>`; opened for this one use. */
  secret(name: string): Promise<string | undefined>;
  /** The value is put away for good where it belongs, and the journey needs it no more. */
  forget(name: string): Promise<void>;
};

/** What a flow asks of the world besides pages: each answered by what was found or done (packages/flow README, table of effects). Never throws for what a caller or a far end can cause: that is `failed`. */
export type World = {
  callHttp(of: EffectOf<'callHttp'>, at: Standing): Promise<AnswerOf<'answered' | 'failed'>>;
  findConnection(of: EffectOf<'findConnection'>, at: Standing): Promise<AnswerOf<'connectionFound'>>;
  storeCredential(of: EffectOf<'storeCredential'>, at: Standing): Promise<AnswerOf<'done' | 'failed'>>;
  requestApproval(of: EffectOf<'requestApproval'>, at: Standing): Promise<AnswerOf<'approvalStands' | 'failed'>>;
  updateUser(of: EffectOf<'updateUser'>, at: Standing): Promise<AnswerOf<'done' | 'failed'>>;
  recordEvent(of: EffectOf<'recordEvent'>, at: Standing): Promise<AnswerOf<'done' | 'failed'>>;
  judgeTenantConsent(of: EffectOf<'judgeTenantConsent'>, at: Standing): Promise<AnswerOf<'tenantConsentJudged'>>;
};

/**
 * Ways to sign in that lead to somebody else's page and come back: `oidc:<provider>`, `sso:<tenant>`, `external:<page>`. Who comes back is brought
 * into the journey by `Journeys.prove`.
 */
export type WaysOut = {
  /** Buttons of the sign-in page, as the node allows them. `way` is the button's value. `email`: whose domain may say which tenant's provider it is. */
  offered(of: {
    methods: readonly string[];
    providers: readonly string[];
    tenantId?: string | undefined;
    email?: string | undefined;
  }): readonly WayOut[];
  /** The way of the tenant whose domain it is, where that demands its own sign-in. By the address alone: whoever it belongs to, and whether it is anybody's, is not asked. */
  demanded(email: string): string | undefined;
  /** Whether the demand on that address is not made of this person: they are excluded, or may mean another tenant of theirs, and are asked when it is chosen. */
  spares(email: string, user: User): boolean;
  /** Where to send the browser, or what to say instead. The way back is bound to this journey by whoever answers. */
  begin(way: string, at: Standing): Promise<{ location: string; cookies?: readonly string[] } | { notice: Notice }>;
};
export type WayOut = { way: string; label: string };

/** A flow that was published, ready to run. `digest`: its name. */
export type ChosenFlow = { digest: string; flow: CompiledFlow };

/** Which flow a journey begins with, by what is assigned; the built-in one where nothing is. From the node's cache. */
export type FlowChoice = (of: {
  purpose: Purpose;
  clientId?: string | undefined;
  resourceId?: string | undefined;
  tenantId?: string | undefined;
}) => ChosenFlow;
/** The version that a running journey keeps, whatever was published since. */
export type FlowVersionOf = (digest: string) => Promise<CompiledFlow | undefined>;
