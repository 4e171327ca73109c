package io.github.resilientkafka.sample.order;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.transaction.TransactionException;
import org.springframework.web.bind.MethodArgumentNotValidException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;

/**
 * Answers errors with problem documents (RFC 9457).
 */
@RestControllerAdvice
class ProblemHandler extends ResponseEntityExceptionHandler {

    /**
     * The client learns what is certain and what is not: the order exists, and its event may arrive or not.
     */
    @ExceptionHandler
    ResponseEntity<ProblemDetail> onOrderNotPublished(OrderNotPublishedException ex) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(
                HttpStatus.SERVICE_UNAVAILABLE,
                ex.getMessage() + (ex.mayStillArrive() ? "; it may still arrive." : "; it will not arrive."));
        problem.setTitle("Event not published");
        problem.setProperty("orderId", ex.orderId());
        if (ex.eventId() != null) {
            problem.setProperty("eventId", ex.eventId());
        }
        problem.setProperty("mayStillArrive", ex.mayStillArrive());
        problem.setProperty("reason", String.valueOf(ex.getCause()));
        return ResponseEntity.of(problem).build();
    }

    @ExceptionHandler({DataAccessException.class, TransactionException.class})
    ResponseEntity<ProblemDetail> onDatabaseAway(RuntimeException ex) {
        logger.warn("The database did not answer", ex);
        return ResponseEntity.of(ProblemDetail.forStatusAndDetail(
                        HttpStatus.SERVICE_UNAVAILABLE, "The database does not answer: nothing was published."))
                .build();
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleMethodArgumentNotValid(
            MethodArgumentNotValidException ex, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        List<FieldProblem> errors = ex.getFieldErrors().stream()
                .map(error -> new FieldProblem(error.getField(), String.valueOf(error.getDefaultMessage())))
                .sorted()
                .toList();
        ex.getBody().setProperty("errors", errors);
        return super.handleMethodArgumentNotValid(ex, headers, status, request);
    }

    /**
     * What is wrong with one field.
     */
    record FieldProblem(String field, String message) implements Comparable<FieldProblem> {

        @Override
        public int compareTo(FieldProblem other) {
            return this.field.compareTo(other.field);
        }
    }
}
