package io.github.resilientkafka.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;

class EndpointRuntimeHintsTests {

    @Test
    @DisplayName("STYLE §2.26: every answer of the endpoint can be written as JSON in a native image")
    void answers() {
        RuntimeHints hints = new RuntimeHints();
        new EndpointRuntimeHints().registerHints(hints, null);

        assertThat(EventAnswers.class.getDeclaredClasses())
                .contains(EventAnswers.Page.class, EventAnswers.Detail.class, EventAnswers.Problem.class)
                .filteredOn(Class::isRecord)
                .allSatisfy(answer -> assertThat(answer.getRecordComponents())
                        .extracting(RecordComponent::getAccessor)
                        .allSatisfy(accessor -> assertThat(RuntimeHintsPredicates.reflection()
                                        .onMethod(accessor)
                                        .invoke())
                                .accepts(hints)));
    }

    @Test
    @DisplayName("STYLE §2.26: every answer of the listeners' endpoint can be written as JSON in a native image")
    void listenerAnswers() {
        RuntimeHints hints = new RuntimeHints();
        new ListenerEndpointRuntimeHints().registerHints(hints, null);

        assertThat(Stream.concat(
                        Stream.of(ListenerAnswers.class.getDeclaredClasses()), Stream.of(EventAnswers.Problem.class)))
                .filteredOn(Class::isRecord)
                .hasSizeGreaterThan(3)
                .allSatisfy(answer -> assertThat(answer.getRecordComponents())
                        .extracting(RecordComponent::getAccessor)
                        .allSatisfy(accessor -> assertThat(RuntimeHintsPredicates.reflection()
                                        .onMethod(accessor)
                                        .invoke())
                                .accepts(hints)));
    }
}
