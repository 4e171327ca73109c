package io.github.resilientkafka.actuate;

/**
 * A request to the endpoint that makes no sense; the message says why, for the caller.
 */
final class BadRequestException extends RuntimeException {

    BadRequestException(String parameter, String value, String wanted) {
        super(parameter + " '" + ErrorText.of(value) + "' is not " + wanted);
    }
}
