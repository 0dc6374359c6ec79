import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The names that dashboards rely on. Labels are bounded: never a user, client or agent id. */
export type Metrics = ReturnType<typeof createMetrics>;

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    tokenRequests: new Counter({
      name: 'writ_token_requests_total',
      help: 'Token endpoint answers',
      labelNames: ['grant_type', 'result', 'reason'],
      registers,
    }),
    tokenSeconds: new Histogram({ name: 'writ_token_seconds', help: 'Time to answer a token request', buckets: SECONDS, registers }),
    ...outwardMetrics(registers),
    ...sharedMetrics(registers),
    policyDecisions: new Counter({
      name: 'writ_policy_decisions_total',
      help: 'Policy decisions',
      labelNames: ['effect', 'state'],
      registers,
    }),
    policyShadowDiff: new Counter({
      name: 'writ_policy_shadow_diff_total',
      help: 'Decisions that shadow rules would have changed',
      registers,
    }),
    policyUnmet: new Counter({
      name: 'writ_policy_unmet_total',
      help: 'Requirements of policy that held scopes back at the token endpoint',
      labelNames: ['needs'],
      registers,
    }),
    consents: new Counter({ name: 'writ_consent_total', help: 'Consent outcomes', labelNames: ['result'], registers }),
    registrations: new Counter({
      name: 'writ_client_registrations_total',
      help: 'Client registrations',
      labelNames: ['type', 'result'],
      registers,
    }),
    cimdFetchSeconds: new Histogram({
      name: 'writ_cimd_fetch_seconds',
      help: 'Fetching client metadata documents',
      labelNames: ['result'],
      buckets: SECONDS,
      registers,
    }),
    refreshReuse: new Counter({
      name: 'writ_refresh_reuse_total',
      help: 'Refresh tokens that came back',
      labelNames: ['outcome'],
      registers,
    }),
    exchanges: new Counter({ name: 'writ_exchange_total', help: 'Token exchanges', labelNames: ['kind', 'result'], registers }),
    signalPropagation: new Histogram({
      name: 'writ_signal_propagation_seconds',
      help: 'From a signal to its acknowledgement',
      buckets: [...SECONDS, 5, 10],
      registers,
    }),
    signalStreams: new Gauge({ name: 'writ_signal_streams', help: 'Open signal streams', registers }),
    signalSilent: new Gauge({
      name: 'writ_signal_silent',
      help: 'Resource servers that listen and have not acted on a signal of more than five seconds ago',
      registers,
    }),
    auditAppendSeconds: new Histogram({
      name: 'writ_audit_append_seconds',
      help: 'Until an audit entry is durable',
      buckets: SECONDS,
      registers,
    }),
    auditChainOk: new Gauge({ name: 'writ_audit_chain_ok', help: '1 when the last verification found every chain in order', registers }),
    agents: new Gauge({ name: 'writ_agents', help: 'Agents by state', labelNames: ['state'], registers }),
    requestSeconds: new Histogram({
      name: 'writ_http_seconds',
      help: 'Time to answer, by route',
      labelNames: ['route', 'status'],
      buckets: SECONDS,
      registers,
    }),
  };
}

/** Of what the hub asks other systems. */
function outwardMetrics(registers: Registry[]) {
  return {
    connectorSeconds: new Histogram({
      name: 'writ_connector_seconds',
      help: 'Calls of flows to other systems, all tries together',
      labelNames: ['result'],
      buckets: [...SECONDS, 5, 10, 30],
      registers,
    }),
    credentialRefresh: new Counter({
      name: 'writ_credential_refresh_total',
      help: 'Answers of providers to refreshes and codes, by provider as it is configured',
      labelNames: ['provider', 'result'],
      registers,
    }),
  };
}

/** Of what others hear from the hub, and of what is kept outside of it. */
function sharedMetrics(registers: Registry[]) {
  return {
    sinkLag: new Gauge({
      name: 'writ_sink_lag_seconds',
      help: 'Age of the oldest entry that a sink does not have yet',
      labelNames: ['sink'],
      registers,
    }),
    sinkPending: new Gauge({ name: 'writ_sink_pending', help: 'Entries that a sink does not have yet', labelNames: ['sink'], registers }),
    sinkDeadLetters: new Gauge({
      name: 'writ_sink_dead_letters',
      help: 'Entries that a sink refused and that were set aside',
      labelNames: ['sink'],
      registers,
    }),
    streamLag: new Gauge({
      name: 'writ_stream_lag_seconds',
      help: 'Age of the oldest event that a receiver of shared signals does not have yet',
      registers,
    }),
    streamPending: new Gauge({ name: 'writ_stream_pending', help: 'Events that receivers of shared signals do not have yet', registers }),
    streamsFailing: new Gauge({ name: 'writ_streams_failing', help: 'Streams of shared signals whose last delivery failed', registers }),
    anchorLag: new Gauge({
      name: 'writ_audit_anchor_lag_seconds',
      help: 'Age of the oldest checkpoint that is not kept outside yet; absent where none is',
      registers,
    }),
  };
}
