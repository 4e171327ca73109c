package io.github.resilientkafka.actuate;

import io.github.resilientkafka.actuate.EventAnswers.Problem;
import java.util.function.Supplier;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.dao.DataAccessException;
import org.springframework.util.MimeType;

/**
 * An answer of an endpoint: what was asked for, or a problem document.
 */
final class EventAnswer {

    private static final MimeType PROBLEM = new MimeType("application", "problem+json");

    private static final int CONFLICT = 409;

    private EventAnswer() {}

    /**
     * Asks, and turns what goes wrong into a problem.
     */
    static WebEndpointResponse<Object> of(Supplier<WebEndpointResponse<Object>> answer) {
        try {
            return answer.get();
        } catch (BadRequestException ex) {
            return badRequest(String.valueOf(ex.getMessage()));
        } catch (DataAccessException ex) {
            return problem(
                    "Service Unavailable",
                    WebEndpointResponse.STATUS_SERVICE_UNAVAILABLE,
                    "The database does not answer: " + ErrorText.of(ex));
        }
    }

    static WebEndpointResponse<Object> ok(Object body) {
        return new WebEndpointResponse<>(body);
    }

    static WebEndpointResponse<Object> badRequest(String detail) {
        return problem("Bad Request", WebEndpointResponse.STATUS_BAD_REQUEST, detail);
    }

    static WebEndpointResponse<Object> notFound(String detail) {
        return problem("Not Found", WebEndpointResponse.STATUS_NOT_FOUND, detail);
    }

    static WebEndpointResponse<Object> conflict(String detail) {
        return problem("Conflict", CONFLICT, detail);
    }

    private static WebEndpointResponse<Object> problem(String title, int status, String detail) {
        return new WebEndpointResponse<>(new Problem(title, status, detail), status, PROBLEM);
    }
}
