import type { Html } from '../../../base/browser/page.ts';
import type { View } from '../../../rooms/journeys/view.ts';
import { accountPage, deniedPage, tenantPage } from './choices.ts';
import { authoredPage, identifyPage, waitingPage } from './authored.ts';
import { connectPage } from './connect.ts';
import { consentPage } from './consent.ts';
import { enrolAppPage, enrolChoicePage, enrolCodesPage, enrolPasskeyPage, enrolPasswordPage } from './enrol.ts';
import { joinCodePage, joinPage } from './join.ts';
import type { Frame } from './parts.ts';
import { enrolPage, recoveryPage, secondPage, unablePage } from './second.ts';
import { codePage, signInPage } from './sign-in.ts';
import { tenantConsentPage } from './tenant-consent.ts';

/** The face of each screen. A screen that the flow knows and no page shows does not compile. */
export function render(view: View, frame: Frame): { title: string; body: Html } {
  switch (view.screen) {
    case 'account':
      return accountPage(view, frame);
    case 'sign_in':
      return signInPage(view, frame);
    case 'code':
      return codePage(view, frame);
    case 'second':
      return secondPage(view, frame);
    case 'enrol':
      return enrolPage(view, frame);
    case 'unable':
      return unablePage(view, frame);
    case 'recovery':
      return recoveryPage(view, frame);
    case 'join':
      return joinPage(view, frame);
    case 'join_code':
      return joinCodePage(view, frame);
    case 'identify':
      return identifyPage(view, frame);
    case 'authored':
      return authoredPage(view, frame);
    case 'waiting':
      return waitingPage(view, frame);
    case 'enrol_choice':
      return enrolChoicePage(view, frame);
    case 'enrol_app':
      return enrolAppPage(view, frame);
    case 'enrol_passkey':
      return enrolPasskeyPage(view, frame);
    case 'enrol_password':
      return enrolPasswordPage(view, frame);
    case 'enrol_codes':
      return enrolCodesPage(view, frame);
    case 'tenant_consent':
      return tenantConsentPage(view, frame);
    case 'connect':
      return connectPage(view, frame);
    case 'tenant':
      return tenantPage(view, frame);
    case 'consent':
      return consentPage(view, frame);
    case 'denied':
      return deniedPage(view, frame);
  }
}
