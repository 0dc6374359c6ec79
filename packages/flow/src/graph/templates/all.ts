import { apiKeyProvisioning } from './api-key-provisioning.ts';
import { consentWithChoice } from './consent-with-choice.ts';
import { organisationPicker } from './organisation-picker.ts';
import { planGating } from './plan-gating.ts';
import { registrationReview } from './registration-review.ts';
import { ssoByDomain } from './sso-by-domain.ts';
import { stepUpOnRisk } from './step-up-on-risk.ts';
import type { FlowTemplate } from './template.ts';

export const FLOW_TEMPLATES: readonly FlowTemplate[] = [
  consentWithChoice,
  organisationPicker,
  ssoByDomain,
  stepUpOnRisk,
  planGating,
  apiKeyProvisioning,
  registrationReview,
];
