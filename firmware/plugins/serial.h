/* The transport of a serial line. */
#ifndef SERIAL_H
#define SERIAL_H

/** The address that it serves. */
#define SERIAL_ADDRESS "serial:0"

/*
 * Each line of text is a frame: a digit for the peer, a letter for what it is, the payload.
 *
 *   in    m  a message on channel 0        out    m  a message on channel 0
 *         f  asks echo, fast                      r  a result
 *         s  asks echo, slow                      x  an exception, its payload is the text
 *         x  asks echo for an exception           d  the request is done
 *         b  the peer goes                        b  the session has ended
 *                                                 !  refused, its payload is the status
 *
 * A peer has a session from its first frame on.
 */
#define SERIAL_FRAME_MAX 80

#endif
