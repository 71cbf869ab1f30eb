/** Which addresses are internal, for those who handle addresses that strangers name. */
export { isInternalAddress } from '../host/addresses.ts';
