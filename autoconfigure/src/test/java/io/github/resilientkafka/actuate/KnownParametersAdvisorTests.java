package io.github.resilientkafka.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import io.github.resilientkafka.actuate.EventAnswers.Problem;
import io.github.resilientkafka.delivery.DeadLetterReplays;
import io.github.resilientkafka.delivery.FailedEventRetryService;
import io.github.resilientkafka.delivery.ReplaySource;
import io.github.resilientkafka.listener.ListenerContainers;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.store.FailedEvents;
import io.github.resilientkafka.supervisor.ListenerState;
import io.github.resilientkafka.supervisor.ListenerSupervisor;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.actuate.endpoint.InvocationContext;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.invoke.OperationInvokerAdvisor;
import org.springframework.boot.actuate.endpoint.invoke.convert.ConversionServiceParameterValueMapper;
import org.springframework.boot.actuate.endpoint.web.EndpointMediaTypes;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.WebOperation;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpointDiscoverer;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.lang.Nullable;

/**
 * Requests with parameters that nothing reads, to the endpoints as Spring Boot finds them (rows W6, H7).
 */
@DisplayName("W6, H7: what an operator asks for is what is done")
class KnownParametersAdvisorTests {

    private static final String ROW = "kafkaevents/{section}/{id}";

    private static final String ROW_ACTION = ROW + "/{action}";

    private static final String LISTENER_ACTION = "kafkalisteners/{id}/{action}";

    private final StubRetryService service = StubRetryService.pending(5, Instant.EPOCH);

    private final StubSupervisor supervisor =
            new StubSupervisor().with(StubSupervisor.listener("orders", ListenerState.RUNNING));

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    KafkaEventsEndpointAutoConfiguration.class, KafkaListenersEndpointAutoConfiguration.class))
            .withBean(EventPublisher.class, StubPublisher::healthy)
            .withBean(StubRetryService.class, () -> this.service)
            .withBean(FailedEvents.class, () -> mock(FailedEvents.class))
            .withBean(ListenerSupervisor.class, () -> this.supervisor)
            .withBean(ListenerContainers.class, () -> mock(ListenerContainers.class))
            .withBean(GreetingsEndpoint.class)
            .withPropertyValues("management.endpoints.web.exposure.include=*");

    @ParameterizedTest
    @ValueSource(strings = {"dryrun", "dry-run", "DryRun", "sourc"})
    void whenAParameterOfAReplayIsMisspeltThenNothingIsReplayedAndTheAnswerNamesItAndTheOnesThereAre(String misspelt) {
        run(operations -> {
            Problem problem = refused(operations.replay(Map.of("topic", "orders", misspelt, "topic")));
            assertThat(problem.detail())
                    .isEqualTo(
                            "No parameter '" + misspelt + "'; there are: topic, source, dryRun, rowsPerSecond,"
                                    + " deadLetteredSince, deadLetteredBefore, key, group, reason, error, limit, fromBeginning");
            assertThat(this.service.replays).isEmpty();
        });
    }

    @Test
    void whenAllParametersOfAReplayAreKnownThenItIsStartedAsAsked() {
        run(operations -> {
            WebEndpointResponse<?> started =
                    operations.replay(Map.of("topic", "orders", "source", "topic", "dryRun", "true"));
            assertThat(started.getStatus()).isEqualTo(200);
            assertThat(this.service.replays).singleElement().satisfies(replay -> {
                assertThat(replay.options().dryRun()).isTrue();
                assertThat(replay.options().source()).isEqualTo(ReplaySource.TOPIC);
            });
        });
    }

    @Test
    void whenARowIsRetriedOrDiscardedWithParametersThenNothingIsDone() {
        Map<String, String> retry = Map.of("section", "rows", "id", "7", "action", "retry");
        Map<String, String> discard = Map.of("section", "rows", "id", "8");
        run(operations -> {
            assertThat(refused(operations.invoke("POST", ROW_ACTION, with(retry, "dryRun", "true")))
                            .detail())
                    .isEqualTo("No parameter 'dryRun'; there are none");
            assertThat(refused(operations.invoke("DELETE", ROW, with(discard, "password=x", "")))
                            .detail())
                    .contains("'password=******");
            assertThat(this.service.done).isEmpty();
            operations.invoke("POST", ROW_ACTION, retry);
            operations.invoke("DELETE", ROW, discard);
            assertThat(this.service.done).containsExactly("retry 7", "discard 8");
        });
    }

    @Test
    void whenAListenerIsActedOnWithParametersThenNothingIsDone() {
        Map<String, String> suspend = Map.of("id", "orders", "action", "suspend");
        run(operations -> {
            assertThat(refused(operations.invoke("POST", LISTENER_ACTION, with(suspend, "for", "10m")))
                            .detail())
                    .isEqualTo("No parameter 'for'; there are none");
            assertThat(this.supervisor.calls).isEmpty();
            operations.invoke("POST", LISTENER_ACTION, suspend);
            assertThat(this.supervisor.calls).containsExactly("suspend orders");
        });
    }

    @Test
    void whenSomethingIsLookedAtThenOtherParametersDoNoHarm() {
        run(operations -> {
            assertThat(operations.invoke("GET", "kafkaevents/{section}", Map.of("section", "replays", "pretty", "")))
                    .isInstanceOfSatisfying(WebEndpointResponse.class, answer -> assertThat(answer.getStatus())
                            .isEqualTo(200));
            assertThat(operations.invoke("GET", "kafkalisteners", Map.of("pretty", "")))
                    .isInstanceOf(ListenerAnswers.Listeners.class);
        });
    }

    @Test
    void whenAnEndpointIsTheApplicationsThenItStaysAsItIs() {
        run(operations -> assertThat(operations.invoke("POST", "greetings", Map.of("name", "you", "unknown", "x")))
                .isEqualTo("Hello you"));
    }

    @Test
    void whenAnEndpointIsNotExposedThenNothingIsAdvised() {
        this.runner
                .withPropertyValues("management.endpoints.web.exposure.include=kafkalisteners")
                .run(context -> assertThat(context.getBeansOfType(OperationInvokerAdvisor.class))
                        .containsOnlyKeys("kafkaListenersKnownParametersAdvisor"));
    }

    private void run(Consumer<Operations> test) {
        this.runner.run(context -> {
            assertThat(context).hasSingleBean(FailedEventRetryService.class).hasSingleBean(DeadLetterReplays.class);
            test.accept(new Operations(context));
        });
    }

    private static Problem refused(Object answer) {
        WebEndpointResponse<?> response = (WebEndpointResponse<?>) answer;
        assertThat(response.getStatus()).isEqualTo(400);
        assertThat(response.getContentType()).hasToString("application/problem+json");
        return (Problem) response.getBody();
    }

    private static Map<String, String> with(Map<String, String> arguments, String name, String value) {
        Map<String, String> more = new HashMap<>(arguments);
        more.put(name, value);
        return more;
    }

    /**
     * All operations of the web endpoints. As in a request, variables of the path and parameters come as one map.
     */
    private static final class Operations {

        private final List<WebOperation> operations;

        Operations(ApplicationContext context) {
            this.operations = new WebEndpointDiscoverer(
                            context,
                            new ConversionServiceParameterValueMapper(),
                            EndpointMediaTypes.DEFAULT,
                            List.of(),
                            List.of(),
                            context.getBeanProvider(OperationInvokerAdvisor.class)
                                    .orderedStream()
                                    .toList(),
                            List.of(),
                            List.of())
                    .getEndpoints().stream()
                            .map(endpoint -> endpoint.getOperations())
                            .flatMap(Collection::stream)
                            .toList();
        }

        WebEndpointResponse<?> replay(Map<String, String> parameters) {
            return (WebEndpointResponse<?>)
                    invoke("POST", "kafkaevents/{section}", with(parameters, "section", "replays"));
        }

        Object invoke(String method, String path, Map<String, String> arguments) {
            WebOperation found = this.operations.stream()
                    .filter(operation -> operation
                                    .getRequestPredicate()
                                    .getHttpMethod()
                                    .name()
                                    .equals(method)
                            && operation.getRequestPredicate().getPath().equals(path))
                    .findFirst()
                    .orElseThrow();
            return found.invoke(new InvocationContext(SecurityContext.NONE, Map.copyOf(arguments)));
        }
    }

    @WebEndpoint(id = "greetings")
    static class GreetingsEndpoint {

        @WriteOperation
        String greet(@Nullable String name) {
            return "Hello " + name;
        }
    }
}
