import type { Preset, Purpose } from './issuer.ts';

/** What is known of a platform, so that an author need not find it out. */
export type PresetFacts = {
  title: string;
  /** The issuer where there is only one, or how it looks. */
  issuer: string;
  /** How the workload gets its token, and with which audience. */
  hint: string;
  /** Claims worth a pattern. */
  claims: readonly string[];
  algorithms: readonly string[];
  /** Platforms hand one token to a process and renew it shortly before its end: refusing it the second time would lock the process out. */
  reusable: readonly Purpose[];
  maxLifetime: number;
};

const DAY = 86_400;
const HOUR = 3_600;
const COMES_BACK: readonly Purpose[] = ['client_assertion'];

export const PRESET_FACTS: Readonly<Record<Preset, PresetFacts>> = {
  kubernetes: {
    title: 'Kubernetes service accounts',
    issuer: 'the cluster’s service account issuer: kubectl get --raw /.well-known/openid-configuration',
    hint: 'project a serviceAccountToken volume with this hub’s issuer as its audience',
    claims: ['kubernetes.io/namespace', 'kubernetes.io/serviceaccount/name', 'kubernetes.io/serviceaccount/uid'],
    algorithms: ['RS256', 'ES256', 'ES384'],
    reusable: COMES_BACK,
    maxLifetime: DAY,
  },
  aws: {
    title: 'AWS EKS (IRSA)',
    issuer: 'https://oidc.eks.<region>.amazonaws.com/id/<cluster>',
    hint: 'project a second token with this hub’s issuer as its audience; one for sts.amazonaws.com would be good at AWS too',
    claims: ['kubernetes.io/namespace', 'kubernetes.io/serviceaccount/name'],
    algorithms: ['RS256'],
    reusable: COMES_BACK,
    maxLifetime: DAY,
  },
  aws_sts: {
    title: 'AWS by a signed GetCallerIdentity request',
    issuer: 'https://sts.<region>.amazonaws.com',
    hint: 'sign the request with the header x-writ-server-id set to this hub’s issuer',
    claims: ['arn', 'account', 'userId'],
    algorithms: [],
    reusable: [],
    maxLifetime: 300,
  },
  gcp: {
    title: 'Google Cloud service accounts',
    issuer: 'https://accounts.google.com',
    hint: 'ask the metadata server for an identity token with this hub’s issuer as audience and format=full; match on email or sub',
    claims: ['email', 'google/compute_engine/project_id', 'google/compute_engine/instance_id'],
    algorithms: ['RS256'],
    reusable: COMES_BACK,
    maxLifetime: HOUR,
  },
  azure: {
    title: 'Microsoft Entra managed and workload identities',
    issuer: 'https://login.microsoftonline.com/<tenant id>/v2.0',
    hint: 'register an application for the hub and write its Application ID URI or client id as audience',
    claims: ['oid', 'azp', 'tid', 'xms_mirid'],
    algorithms: ['RS256'],
    reusable: COMES_BACK,
    maxLifetime: DAY + HOUR,
  },
  github: {
    title: 'GitHub Actions',
    issuer: 'https://token.actions.githubusercontent.com',
    hint: 'permissions: id-token: write, and core.getIDToken with this hub’s issuer',
    claims: ['repository', 'repository_id', 'repository_owner_id', 'ref', 'environment', 'job_workflow_ref', 'event_name'],
    algorithms: ['RS256'],
    reusable: [],
    maxLifetime: HOUR,
  },
  gitlab: {
    title: 'GitLab CI/CD',
    issuer: 'https://gitlab.com',
    hint: 'id_tokens with this hub’s issuer as aud',
    claims: ['project_path', 'project_id', 'namespace_id', 'ref', 'ref_protected', 'environment'],
    algorithms: ['RS256'],
    // One token per job, in a variable.
    reusable: COMES_BACK,
    maxLifetime: DAY,
  },
  spiffe: {
    title: 'SPIFFE JWT-SVID',
    issuer: 'spiffe://<trust domain>',
    hint: 'fetch a JWT-SVID with this hub’s issuer as audience; jwksUri is the bundle endpoint of the trust domain',
    claims: [],
    algorithms: ['ES256', 'ES384', 'RS256', 'PS256'],
    reusable: COMES_BACK,
    maxLifetime: DAY,
  },
};
