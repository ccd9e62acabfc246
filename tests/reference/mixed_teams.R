# Reference values for tests/test_mixed.py: Rscript mixed_teams.R (in this folder) writes the JSON.
library(lme4)
library(lmerTest)
library(pbkrtest)
library(jsonlite)

TIGHT <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.2, rhoend = 1e-10, maxfun = 1e5),
                     check.conv.singular = "ignore", check.conv.grad = "ignore", check.conv.hess = "ignore")
row_of <- function(formula, name) {
  m <- lmer(formula, d, control = TIGHT)
  kr <- coef(summary(m, ddf = "Kenward-Roger"))[name, ]
  satt <- coef(summary(m, ddf = "Satterthwaite"))[name, ]
  v <- as.data.frame(VarCorr(m))$vcov
  list(estimate = kr[[1]], kenward_roger = kr[c(2, 3, 5)], satterthwaite = satt[c(2, 3, 5)], variances = v)
}
d <- read.csv("uneven_teams.csv")
d <- d[complete.cases(d), ]
d$lifted <- d$after + 0.8 * (d$team %in% c("T2", "T5"))
values <- list(
  after = row_of(after ~ arm + (1 | team), "arm"),
  change = row_of(I(after - before) ~ arm + (1 | team), "arm"),
  lifted_mean = row_of(lifted ~ 1 + (1 | team), "(Intercept)"),
  lifted_change = row_of(I(lifted - before) ~ arm + (1 | team), "arm"),
  lifted_ancova = row_of(lifted ~ arm + before + (1 | team), "arm"),
  lifted_slope = row_of(lifted ~ arm + before + (1 | team), "before")
)
write(toJSON(values, digits = NA, auto_unbox = TRUE, pretty = TRUE), "mixed_teams.json")
