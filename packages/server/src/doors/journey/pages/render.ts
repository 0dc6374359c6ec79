import type { Html } from '../../../base/browser/page.ts';
import type { View } from '../../../rooms/journeys/view.ts';
import { accountPage, deniedPage, tenantPage } from './choices.ts';
import { consentPage } from './consent.ts';
import { joinCodePage, joinPage } from './join.ts';
import type { Frame } from './parts.ts';
import { enrolPage, recoveryPage, secondPage, unablePage } from './second.ts';
import { codePage, signInPage } from './sign-in.ts';

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
    case 'tenant':
      return tenantPage(view, frame);
    case 'consent':
      return consentPage(view, frame);
    case 'denied':
      return deniedPage(view, frame);
  }
}
