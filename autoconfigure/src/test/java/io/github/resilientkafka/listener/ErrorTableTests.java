package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.kafka.listener.BatchListenerFailedException;
import org.springframework.kafka.listener.ListenerExecutionFailedException;
import org.springframework.messaging.converter.MessageConversionException;

class ErrorTableTests {

    private final ErrorTable table = new ErrorTable(List.of(), Map.of());

    static Stream<Arguments> errors() {
        return Stream.of(
                arguments(new IllegalStateException(), ErrorClass.TRANSIENT),
                arguments(new BadDataException("bad"), ErrorClass.BAD_DATA),
                arguments(new IllegalStateException(new BadDataException("bad")), ErrorClass.BAD_DATA),
                arguments(new SerializationException(), ErrorClass.BAD_DATA),
                arguments(new MessageConversionException("no"), ErrorClass.BAD_DATA),
                arguments(new ClassCastException(), ErrorClass.BAD_DATA),
                arguments(new DependencyDownException("payments"), ErrorClass.DEPENDENCY_DOWN),
                arguments(new IllegalStateException(new ConnectException()), ErrorClass.DEPENDENCY_DOWN),
                arguments(new DataAccessResourceFailureException("no"), ErrorClass.DEPENDENCY_DOWN),
                arguments(new SerializationException("no schema", new ConnectException()), ErrorClass.DEPENDENCY_DOWN),
                arguments(new BadDataException("bad", new ConnectException()), ErrorClass.BAD_DATA),
                arguments(
                        new DependencyDownException("payments", new ClassCastException()), ErrorClass.DEPENDENCY_DOWN),
                arguments(new RetryLaterException(Duration.ofSeconds(1)), ErrorClass.TRANSIENT),
                arguments(new HandlerErrorException(new NoClassDefFoundError()), ErrorClass.TRANSIENT));
    }

    @ParameterizedTest
    @MethodSource("errors")
    @DisplayName("N3: errors are classified by the types of the whole chain of causes, outermost first")
    void classes(Throwable error, ErrorClass expected) {
        Throwable asTheContainerThrowsIt = new ListenerExecutionFailedException("failed", error);
        assertThat(this.table.classify(error).errorClass()).isEqualTo(expected);
        assertThat(this.table.classify(asTheContainerThrowsIt).errorClass()).isEqualTo(expected);
        assertThat(this.table
                        .classify(new BatchListenerFailedException("failed", new CompletionException(error), 3))
                        .errorClass())
                .isEqualTo(expected);
    }

    @Test
    @DisplayName("N3: the application's classifiers come first, then its properties")
    void extended() {
        ErrorTable extended = new ErrorTable(
                List.of(error -> (error instanceof BadDataException) ? ErrorClass.TRANSIENT : null),
                Map.of(
                        IllegalStateException.class.getName(),
                        ErrorClass.BAD_DATA,
                        "java.io.IOException",
                        ErrorClass.TRANSIENT));
        assertThat(extended.classify(new BadDataException("bad")).errorClass()).isEqualTo(ErrorClass.TRANSIENT);
        assertThat(extended.classify(new IllegalStateException()).errorClass()).isEqualTo(ErrorClass.BAD_DATA);
        assertThat(extended.classify(new RuntimeException(new ConnectException()))
                        .errorClass())
                .as("a superclass that is configured wins over a class that is built in")
                .isEqualTo(ErrorClass.TRANSIENT);
    }

    @Test
    @DisplayName("N3: a classifier that fails has no opinion; the record is classified all the same")
    void failingClassifier() {
        ErrorTable failing = new ErrorTable(
                List.of(error -> {
                    throw new NullPointerException("no message");
                }),
                Map.of());
        assertThat(failing.classify(new BadDataException("bad")).errorClass()).isEqualTo(ErrorClass.BAD_DATA);
        assertThat(failing.classify(new IllegalStateException()).errorClass()).isEqualTo(ErrorClass.TRANSIENT);
    }

    @Test
    @DisplayName(
            "N3: what a handler says of dependency and delay is kept; errors of bad data are told without messages")
    void details() {
        assertThat(this.table.classify(new DependencyDownException("payments")).dependency())
                .isEqualTo("payments");
        assertThat(this.table
                        .classify(new RetryLaterException(Duration.ofSeconds(7)))
                        .retryAfter())
                .isEqualTo(Duration.ofSeconds(7));
        Failure bad = this.table.classify(new BadDataException("card number 4111"));
        assertThat(bad.text()).doesNotContain("4111");
        assertThat(bad.fullText()).contains("4111");
    }
}
